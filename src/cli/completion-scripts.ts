// Writes completion scripts in the languages of three shells from one description of the command line.
// The scripts call nothing: they hold all words, so that a Tab never starts a program.
import { type CompletionNode, type CompletionOption } from './commands/completion.ts';

type Nodes = readonly CompletionNode[];

export function bashScript(name: string, nodes: Nodes): string {
  const fn = functionName(name);
  return `# bash completion for ${name}
${fn}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' word words='' values=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      ${alternatives(nodes)}) path="$path $word" ;;
    esac
  done
  case "$path:$prev" in
${valueCases(nodes, (list) => `values=${quote(list.join(' '))} ;;`)}
  esac
  if [ -n "$values" ]; then
    COMPREPLY=($(compgen -W "$values" -- "$cur"))
    return
  fi
  case "$path" in
${nodes.map((node) => `    ${quote(key(node))}) words=${quote(allWords(node).join(' '))} ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F ${fn} ${name}
`;
}

export function zshScript(name: string, nodes: Nodes): string {
  const fn = functionName(name);
  const described = (items: readonly { word: string; description: string }[]): string =>
    items.map(({ word, description }) => quote(`${word.replaceAll(':', '\\:')}:${description}`)).join(' ');
  return `#compdef ${name}
# zsh completion for ${name}
${fn}() {
  local path='' word
  local -a items values
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$path $word" in
      ${alternatives(nodes)}) path="$path $word" ;;
    esac
  done
  case "$path:\${words[CURRENT-1]}" in
${valueCases(nodes, (list) => `values=(${list.map(quote).join(' ')}) ;;`)}
  esac
  if (( \${#values} )); then
    compadd -a values
    return
  fi
  case "$path" in
${nodes.map((node) => `    ${quote(key(node))}) items=(${described(describedWords(node))}) ;;`).join('\n')}
  esac
  _describe ${quote(name)} items || _files
}
if [ "$funcstack[1]" = ${quote(fn)} ] || [ "$funcstack[1]" = ${quote(`_${name}`)} ]; then
  ${fn} "$@"
else
  compdef ${fn} ${name}
fi
`;
}

export function fishScript(name: string, nodes: Nodes): string {
  const fn = functionName(name);
  const lines = nodes.flatMap((node) => {
    const when = `-n ${fishQuote(`test (${fn}_path) = "${key(node)}"`)}`;
    const commands = node.commands.map(
      (command) => `complete -c ${name} -f ${when} -a ${fishQuote(command.name)} -d ${fishQuote(command.description)}`,
    );
    const words = node.words.map((word) => `complete -c ${name} -f ${when} -a ${fishQuote(word)}`);
    const options = node.options.map((option) => {
      const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`;
      const value = option.takesValue
        ? option.choices.length > 0
          ? ` -x -a ${fishQuote(option.choices.join(' '))}`
          : ' -r'
        : '';
      return `complete -c ${name} ${when} -l ${option.long.slice(2)}${short}${value} -d ${fishQuote(option.description)}`;
    });
    return [...commands, ...words, ...options];
  });
  return `# fish completion for ${name}
function ${fn}_path
  set -l path ''
  for word in (commandline -opc)[2..-1]
    switch "$path $word"
      case ${nodes
        .filter((node) => node.path.length > 0)
        .map((node) => fishQuote(key(node)))
        .join(' ')}
        set path "$path $word"
    end
  end
  echo "$path"
end
${lines.join('\n')}
`;
}

function functionName(name: string): string {
  return `_${name.replaceAll(/[^a-z0-9]/gi, '_')}_complete`;
}

/** How a node is named in the scripts: its words, each with a blank before it. */
function key(node: CompletionNode): string {
  return node.path.map((word) => ` ${word}`).join('');
}

function alternatives(nodes: Nodes): string {
  return nodes
    .filter((node) => node.path.length > 0)
    .map((node) => quote(key(node)))
    .join('|');
}

function allWords(node: CompletionNode): string[] {
  return describedWords(node).map((item) => item.word);
}

function describedWords(node: CompletionNode): { word: string; description: string }[] {
  return [
    ...node.commands.map(({ name, description }) => ({ word: name, description })),
    ...node.words.map((word) => ({ word, description: '' })),
    ...node.options.map((option) => ({ word: option.long, description: option.description })),
  ];
}

function valueCases(nodes: Nodes, body: (choices: readonly string[]) => string): string {
  const cases = nodes.flatMap((node) =>
    node.options
      .filter((option) => option.choices.length > 0)
      .map(
        (option) =>
          `    ${spellings(option)
            .map((flag) => quote(`${key(node)}:${flag}`))
            .join('|')}) ${body(option.choices)}`,
      ),
  );
  return cases.join('\n');
}

function spellings(option: CompletionOption): string[] {
  return option.short === undefined ? [option.long] : [option.long, option.short];
}

/** A single-quoted word of bash and zsh. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
