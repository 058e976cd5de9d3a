// The command line's way in: declares the commands, and is the only place where errors are caught, shown and turned into exit codes.
import { Command, CommanderError } from 'commander';
import { fail } from '../catalog/errors.ts';
import { EsteiraError } from '../lib/errors.ts';
import { version } from '../lib/version.ts';
import { completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { consumeCommand } from './commands/consume.ts';
import { dashboardCommand } from './commands/dashboard.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { extractCommand } from './commands/extract.ts';
import { generateCommand } from './commands/generate.ts';
import { produceCommand } from './commands/produce.ts';
import { proveCommand } from './commands/prove.ts';
import { quarantineCommand } from './commands/quarantine.ts';
import { queryCommand } from './commands/query.ts';
import { runCommand } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';
import { sqlCommand } from './commands/sql.ts';
import { storeCommand } from './commands/store.ts';
import { streamCommand } from './commands/stream.ts';
import { stackCommand } from './commands/stack.ts';
import { warehouseCommand } from './commands/warehouse.ts';
import { endSoon } from './end-soon.ts';
import { environmentError } from './environment-error.ts';
import { addHelpCommands, formatHelp } from './help.ts';
import { checkSchema } from './schema-check.ts';
import { addSettingFlags } from './settings.ts';
import { SERVER_CHECKS } from './server-checks.ts';
import { STACK_CHECKS } from './stack-checks.ts';
import { reportError } from './report-error.ts';

/** In the order of a first day with Esteira: this is the order of the help. */
const COMMANDS = [
  demoCommand,
  runCommand,
  extractCommand,
  produceCommand,
  consumeCommand,
  streamCommand,
  statusCommand,
  queryCommand,
  dashboardCommand,
  quarantineCommand,
  sqlCommand,
  generateCommand,
  storeCommand,
  stackCommand,
  warehouseCommand,
  configCommand,
  proveCommand,
];

/** The whole program, as the shell completion and the documentation see it too. */
export function buildProgram(): Command {
  const program = new Command('esteira');
  program
    .description('Orders of a Brazilian store into a warehouse, exactly once, and the answers out of it.')
    .version(version, '-V, --version')
    .showHelpAfterError('(add --help for the options of this command)')
    .exitOverride()
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false, formatHelp })
    .addHelpText(
      'after',
      '\nExamples:\n  esteira demo                      load 50,000 invented orders and show the main answers\n  esteira run pedidos.csv           load a file\n  esteira query top-products        ask the warehouse\n  esteira doctor                    check this machine\n\n' +
        'Settings (every command takes them as options): esteira config, docs/config.md',
    );
  addSettingFlags(program);
  for (const add of COMMANDS) add(program);
  doctorCommand(program, [checkSchema, ...STACK_CHECKS, ...SERVER_CHECKS]);
  completionCommand(program);
  addHelpCommands(program);
  for (const command of program.commands) command.exitOverride().copyInheritedSettings(program);
  return program;
}

/** A command that has told its failure ends, whatever it left open: who watches over it could not start it again. */
const MOST_LEFT_MS = 3000;

/** Runs one command line and sets the exit code; bin/esteira.cjs, the command of the installed package, calls it. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = buildProgram();
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOf(error, argv.includes('--json'));
    endSoon(MOST_LEFT_MS);
  }
}

function exitCodeOf(error: unknown, asJson: boolean): number {
  // Commander has already printed what it had to say; only its exit codes differ from ours.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const known =
    error instanceof EsteiraError
      ? error
      : isInterruption(error)
        ? fail('INTERRUPTED', {
            what: 'Stopped.',
            why: 'You asked for it.',
            fix: 'Run the same command again to go on.',
          })
        : environmentError(error);
  reportError(known ?? error, asJson);
  return known?.exit ?? 1;
}

/** Of our output: its reader (`| head`) has left, and that is no error. */
function isBrokenPipe(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'EPIPE';
}

function isInterruption(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (isBrokenPipe(error)) process.exit(process.exitCode ?? 0);
    throw error;
  });
}

if (import.meta.main) await main(process.argv.slice(2));
