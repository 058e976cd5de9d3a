// Hands out the defects of the catalogue over the generated orders.
import type { AppliedDefect, GeneratedVersion } from './order.ts';
import type { Random } from './random.ts';
import { DEFECTS } from './defects.ts';
import type { Defect } from './spoil.ts';

/** Hands out the defects in turn, so that each kind comes about equally often; one that does not fit waits for the next order. */
export class DefectQueue {
  private waiting: Defect[] = [];
  private serial = 0;

  /** Spoils a copy of one of an order's versions. `index` says which; undefined if none of the next few kinds fits. */
  spoil(
    versions: readonly GeneratedVersion[],
    random: Random,
  ): { index: number; version: GeneratedVersion; defect: AppliedDefect } | undefined {
    if (this.waiting.length < DEFECTS.length) this.waiting.push(...DEFECTS);
    const index = random.below(versions.length);
    const original = versions[index] as GeneratedVersion;
    const offset = random.below(4);
    for (let place = offset; place < offset + 24 && place < this.waiting.length; place += 1) {
      const defect = this.waiting[place] as Defect;
      if (defect.needsSingleVersion && versions.length > 1) continue;
      const version: GeneratedVersion = {
        ...original,
        items: original.items.map((item) => ({ ...item })),
        payments: original.payments.map((payment) => ({ ...payment })),
        expected: { ...original.expected },
      };
      if (!defect.spoil(version, random, this.serial)) continue;
      this.serial += 1;
      this.waiting.splice(place, 1);
      return { index, version, defect: { tipo: defect.tipo, esperado: defect.esperado, motivos: defect.motivos } };
    }
    return undefined;
  }
}
