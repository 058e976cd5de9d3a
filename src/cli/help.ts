// What `esteira --help` and `esteira help COMMAND` show. The program's own help begins with its commands: the settings, options of every command,
// would fill three screens before the first of them. It decides nothing about what the commands take.
import { type Command, Help } from 'commander';
import { fail } from '../catalog/errors.ts';
import { nearest } from '../config/nearest.ts';

/** Replaces commander's order of things for the program itself; every other command keeps it. */
export function formatHelp(command: Command, helper: Help): string {
  return command.parent === null
    ? programHelp(command, helper)
    : Help.prototype.formatHelp.call(helper, command, helper);
}

function programHelp(program: Command, helper: Help): string {
  const width = helper.longestSubcommandTermLength(program, helper);
  const commands = helper
    .visibleCommands(program)
    .map((each) => helper.formatItem(helper.subcommandTerm(each), width, helper.subcommandDescription(each), helper));
  const options = helper
    .visibleOptions(program)
    .filter((option) => option.helpGroupHeading === undefined)
    .map((option) => helper.formatItem(helper.optionTerm(option), width, helper.optionDescription(option), helper));
  return [
    `Usage: ${helper.commandUsage(program)}`,
    '',
    helper.boxWrap(helper.commandDescription(program), helper.helpWidth ?? 80),
    '',
    ...helper.formatItemList('Commands:', commands, helper),
    ...helper.formatItemList('Options:', options, helper),
  ].join('\n');
}

/** Gives the program, and every command with commands below it, a `help` that refuses a name that is none. */
export function addHelpCommands(parent: Command): void {
  for (const child of parent.commands) if (child.commands.length > 0) addHelpCommands(child);
  parent
    .command('help')
    .argument('[command...]')
    .description('display help for command')
    .helpOption(false)
    .action((names: readonly string[]) => commandNamed(parent, names).help());
}

function commandNamed(parent: Command, names: readonly string[]): Command {
  const [name, ...below] = names;
  if (name === undefined) return parent;
  const found = parent.commands.find((command) => command.name() === name);
  if (found !== undefined) return commandNamed(found, below);
  const known = parent.commands.map((command) => command.name());
  const path = pathOf(parent);
  const meant = nearest(name, known);
  throw fail('USAGE', {
    what: `There is no command "${path} ${name}".`,
    why: known.length === 0 ? `${path} has no commands below it.` : `Known are: ${known.join(', ')}.`,
    fix: meant === undefined ? `${path} --help tells what there is.` : `Did you mean ${path} ${meant} --help?`,
  });
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
