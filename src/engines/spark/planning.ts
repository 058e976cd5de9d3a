// What Spark need not do to plan a micro-batch. It plans each one anew, from the same SQL, on one core, while the next orders wait: of the rules by which it
// improves a plan, those are left out that find nothing to improve in the stream's. Rows are the same with and without.

const OPTIMIZER = 'org.apache.spark.sql.catalyst.optimizer';
const SOURCES = 'org.apache.spark.sql.execution.datasources';

/** The transform is written as these would leave it, and a Kafka topic has neither files nor columns to leave out. */
const IDLE_RULES = [
  ...[
    'BooleanSimplification',
    'FoldablePropagation',
    'NullDownPropagation',
    'NullPropagation',
    'OptimizeCsvJsonExprs',
    'PushFoldableIntoBranches',
    'RemoveRedundantAliases',
    'ReorderAssociativeOperator',
    'SimplifyBinaryComparison',
    'SimplifyCasts',
    'SimplifyConditionals',
    'UnwrapCastInBinaryComparison',
  ].map((name) => `${OPTIMIZER}.${name}`),
  ...['PruneFileSourcePartitions', 'PushVariantIntoScan', 'SchemaPruning'].map((name) => `${SOURCES}.${name}`),
];

/** Settings of a stream's session, besides SPARK_SETTINGS. */
export const PLANNING_SETTINGS: Readonly<Record<string, string>> = {
  'spark.sql.optimizer.excludedRules': IDLE_RULES.join(','),
  // Spark checks its own optimizer after each of these rules; the plan is the same in every batch.
  'spark.sql.lightweightPlanChangeValidation': 'false',
};
