// Changes between statuses as ribbons from the left to the right, as wide as there are many, drawn by hand as SVG. Pure; an equal table must stand beside it.
import type { Drawing } from './drawings.ts';
import { type Html, html } from './html.ts';

export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  /** The whole sentence, shown when the ribbon is pointed at. */
  readonly title: string;
}

interface Node {
  readonly name: string;
  readonly count: number;
  readonly y: number;
  readonly height: number;
}

const WIDTH = 380;
/** Where the bars of both sides stand, and how wide they are. */
const LEFT = 108;
const RIGHT = 264;
const BAR = 8;
/** All changes together are so high. */
const FULL = 150;
/** A name and its figure need so much. */
const LEAST_SLOT = 34;
const GAP = 8;

/** @param order names as both sides list them; colours follow it @param shown writes a count */
export function flowDrawing(
  flows: readonly Flow[],
  order: readonly string[],
  shown: (count: number) => string,
): Drawing {
  const total = flows.reduce((sum, flow) => sum + flow.count, 0);
  const scale = total === 0 ? 0 : FULL / total;
  const left = nodesOf(flows, order, (flow) => flow.from, scale);
  const right = nodesOf(flows, order, (flow) => flow.to, scale);
  const height = Math.max(bottomOf(left), bottomOf(right));
  // what of each bar is taken already
  const taken = new Map<Node, number>();
  const take = (node: Node, width: number): number => {
    const from = taken.get(node) ?? 0;
    taken.set(node, from + width);
    return node.y + from;
  };
  const sorted = flows.toSorted(
    (a, b) => order.indexOf(a.from) - order.indexOf(b.from) || order.indexOf(a.to) - order.indexOf(b.to),
  );
  const ribbons = sorted.map((flow) => {
    const [start, end] = [left.find(({ name }) => name === flow.from), right.find(({ name }) => name === flow.to)];
    if (start === undefined || end === undefined) return null;
    const width = Math.max(1, flow.count * scale);
    const [y1, y2] = [take(start, width), take(end, width)];
    const [x1, x2, middle] = [LEFT + BAR, RIGHT, (LEFT + BAR + RIGHT) / 2];
    const path = `M${x1},${round(y1)} C${middle},${round(y1)} ${middle},${round(y2)} ${x2},${round(y2)} V${round(y2 + width)} C${middle},${round(y2 + width)} ${middle},${round(y1 + width)} ${x1},${round(y1 + width)} Z`;
    return html`<path class="ribbon fill c${colorOf(flow.from, order)}" d="${path}"
      ><title>${flow.title}</title></path
    >`;
  });
  const side = (nodes: readonly Node[], isLeft: boolean): Html =>
    html`${nodes.map(
      ({ name, count, y, height: high }) =>
        html`<rect
            class="fill c${colorOf(name, order)}"
            x="${isLeft ? LEFT : RIGHT}"
            y="${round(y)}"
            width="${BAR}"
            height="${round(high)}"
            rx="2"
          /><text class="${isLeft ? 'end' : 'begin'}" x="${isLeft ? LEFT - 8 : RIGHT + BAR + 8}" y="${round(y + 11)}"
            >${name}</text
          ><text
            class="small ${isLeft ? 'end' : 'begin'}"
            x="${isLeft ? LEFT - 8 : RIGHT + BAR + 8}"
            y="${round(y + 25)}"
            >${shown(count)}</text
          >`,
    )}`;
  return {
    width: WIDTH,
    height,
    body: html`<g class="flow">${ribbons}${side(left, true)}${side(right, false)}</g>`,
  };
}

/** The chart for the page. */
export function flowChart(drawing: Drawing, summary: string): Html {
  return html`<svg
    class="flow-chart"
    viewBox="0 0 ${drawing.width} ${drawing.height}"
    role="img"
    aria-label="${summary}"
  >
    ${drawing.body}
  </svg>`;
}

function nodesOf(
  flows: readonly Flow[],
  order: readonly string[],
  side: (flow: Flow) => string,
  scale: number,
): Node[] {
  let y = 2;
  return order.flatMap((name) => {
    const own = flows.filter((flow) => side(flow) === name);
    if (own.length === 0) return [];
    const count = own.reduce((sum, flow) => sum + flow.count, 0);
    const height = own.reduce((sum, flow) => sum + Math.max(1, flow.count * scale), 0);
    const node = { name, count, y, height };
    y += Math.max(LEAST_SLOT, height) + GAP;
    return [node];
  });
}

function bottomOf(nodes: readonly Node[]): number {
  const last = nodes.at(-1);
  return last === undefined ? LEAST_SLOT : Math.ceil(last.y + Math.max(LEAST_SLOT, last.height));
}

function colorOf(name: string, order: readonly string[]): number {
  return order.indexOf(name) + 1;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
