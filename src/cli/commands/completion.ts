// `esteira completion bash|zsh|fish`: a completion script generated from the program's own commands and options.
// It installs nothing: the user's shell reads the printed script.
import { Argument, type Command, type Option } from 'commander';
import { bashScript, fishScript, zshScript } from '../completion-scripts.ts';

/** What can follow one command on the line. `path` is empty for the program itself. */
export interface CompletionNode {
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletionOption[];
  /** Fixed values of the command's arguments. */
  readonly words: readonly string[];
}

export interface CompletionOption {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

const SCRIPTS: Readonly<Record<string, (name: string, nodes: readonly CompletionNode[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export function completionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell to complete in').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  source <(esteira completion bash)                                   # now; or in ~/.bashrc
  esteira completion zsh > "\${fpath[1]}/_esteira"
  esteira completion fish > ~/.config/fish/completions/esteira.fish`,
    )
    .action((shell: string) => {
      process.stdout.write(SCRIPTS[shell]?.(program.name(), completionTree(program)) ?? '');
    });
}

/** The program and every command below it, depth first; hidden ones left out, global options repeated at each. */
export function completionTree(program: Command, path: readonly string[] = []): CompletionNode[] {
  const help = program.createHelp();
  help.showGlobalOptions = true;
  const children = help.visibleCommands(program);
  const options = [...help.visibleOptions(program), ...help.visibleGlobalOptions(program)];
  const node: CompletionNode = {
    path,
    commands: children.map((child) => ({ name: child.name(), description: firstLine(child.description()) })),
    options: options.filter((option) => option.long !== undefined).map(describeOption),
    words: program.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  };
  const below = children.filter((child) => child.name() !== 'help');
  return [node, ...below.flatMap((child) => completionTree(child, [...path, child.name()]))];
}

function describeOption(option: Option): CompletionOption {
  return {
    long: option.long ?? '',
    short: option.short,
    description: firstLine(option.description),
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
