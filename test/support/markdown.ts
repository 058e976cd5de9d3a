// Reading our own Markdown pages in tests: fenced blocks with what stands above them, links, and paths in backticks. Pure: it is given texts.

export interface Block {
  /** First word after the fence: `sh`, `text`, `json`. */
  readonly language: string;
  /** Second word after the fence: the file that the block is the content of; empty when it is none. */
  readonly file: string;
  /** What `<!-- readme-test: ... -->` on the line above the fence says; empty without one. */
  readonly note: string;
  readonly text: string;
  /** Line of the opening fence, counting from 1. */
  readonly line: number;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  const lines = page.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const [, info] = /^```(.+)$/.exec(lines[at] ?? '') ?? [];
    if (info === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end < 0) throw new Error(`the block that begins in line ${at + 1} has no end`);
    const [language = '', file = ''] = info.trim().split(/\s+/);
    const note = /^<!-- readme-test: (.+) -->$/.exec(lines[at - 1] ?? '')?.[1] ?? '';
    blocks.push({ language, file, note, text: `${lines.slice(at + 1, end).join('\n')}\n`, line: at + 1 });
    at = end;
  }
  return blocks;
}

const FOLDERS = 'src|test|docs|sql|scripts|data|bench|bi|deploy|\\.ci';

/** Paths of the repository that a page names outside its fenced blocks: targets of relative links, and paths in backticks. No anchors. */
export function pathsIn(page: string): string[] {
  const prose = page.replaceAll(/^```[\s\S]*?^```$/gm, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
  const named = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text ?? '');
  const paths = [
    ...links.filter((target) => !/^([a-z]+:|#)/.test(target)).map((target) => target.split('#')[0] ?? ''),
    ...named.filter((text) => new RegExp(`^(${FOLDERS})/[^\\s]*$`).test(text)),
  ];
  return [...new Set(paths)];
}

/** GitHub's anchors of a page's headings: lower case, spaces to hyphens, other punctuation than `-` and `_` gone. */
export function anchorsOf(page: string): Set<string> {
  const headings = [...page.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, heading]) =>
      (heading ?? '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
