// `esteira doctor`: checks everything that Esteira needs on this machine and prints the exact remedy of what is wrong.
// It changes nothing and starts nothing.
import { type Command } from 'commander';
import { type DoctorCheck, DOCTOR_CHECKS, type Finding } from '../doctor-checks.ts';
import { configOf } from '../settings.ts';

const MARKS: Readonly<Record<Finding['status'], string>> = { ok: 'ok     ', warning: 'WARNING', failed: 'FAILED ' };

/** `more` adds checks of other layers, such as the schema's version. */
export function doctorCommand(program: Command, more: readonly DoctorCheck[] = []): void {
  program
    .command('doctor')
    .description(
      'check this machine and the warehouse, with the remedy of whatever is wrong; exit code 3 if something is',
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  esteira doctor\n  esteira doctor --json --warehouse postgresql://app@db.example/ecommerce',
    )
    .action(async (options: { json?: boolean }, command: Command) => {
      const config = configOf(command);
      const findings: Finding[] = [];
      for (const check of [...DOCTOR_CHECKS, ...more]) findings.push(await check(config));
      process.stdout.write(options.json === true ? `${JSON.stringify(findings, null, 2)}\n` : asText(findings));
      if (findings.some((finding) => finding.status === 'failed')) process.exitCode = 3;
    });
}

function asText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((finding) => finding.name.length));
  return findings
    .map(({ name, status, detail, fix }) => {
      const line = `${MARKS[status]}  ${name.padEnd(width)}  ${detail}\n`;
      return fix === undefined ? line : `${line}${' '.repeat(width + 11)}Fix: ${fix}\n`;
    })
    .join('');
}
