// Which programs the local stack consists of, and the Maven project that names them. Versions stand here and nowhere else
// in the code; a test compares deploy/docker-compose.yaml with them. It never runs anything.

export const KAFKA_VERSION = '4.4.0';
export const SPARK_VERSION = '4.2.0';
/** Both are built for this Scala. */
const SCALA = '2.13';

/** A library with everything it needs at run time. */
export interface Artifact {
  readonly group: string;
  readonly name: string;
  readonly version: string;
}

/** One server's programs; each has a folder of its own, since Spark carries an older Kafka client than the broker's. */
export interface Distribution {
  /** Begins the folder's name in the cache. */
  readonly name: 'kafka' | 'spark';
  readonly artifacts: readonly Artifact[];
}

const spark = (name: string): Artifact => ({
  group: 'org.apache.spark',
  name: `${name}_${SCALA}`,
  version: SPARK_VERSION,
});

export const KAFKA: Distribution = {
  name: 'kafka',
  artifacts: [
    { group: 'org.apache.kafka', name: `kafka_${SCALA}`, version: KAFKA_VERSION },
    { group: 'org.apache.logging.log4j', name: 'log4j-slf4j-impl', version: '2.25.5' },
  ],
};

export const SPARK: Distribution = {
  name: 'spark',
  // mllib: Spark Connect looks for one of its classes whenever a session is released
  artifacts: [spark('spark-sql'), spark('spark-connect'), spark('spark-sql-kafka-0-10'), spark('spark-mllib')],
};

/** A Maven project that depends on exactly these. */
export function pomOf({ name, artifacts }: Distribution): string {
  const dependencies = artifacts
    .map(
      (artifact) =>
        `    <dependency><groupId>${artifact.group}</groupId><artifactId>${artifact.name}</artifactId><version>${artifact.version}</version></dependency>`,
    )
    .join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>esteira</groupId>
  <artifactId>${name}</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${dependencies}
  </dependencies>
</project>
`;
}
