// Reading files: from what the user names to the staging table.
export { expandInputs, type InputFile } from './input.ts';
export { stageFile, type StagedFile, type StageOptions } from './stage.ts';
export type { DateFormat, DecimalFormat } from './formats.ts';
export type { Original } from './originals.ts';
