// The channel on which the loader tells, in the transaction of each batch, that the warehouse has changed. The notice carries nothing.

export const BATCH_CHANNEL = 'esteira_lotes';
