// How a server of the stack logs: warnings into one file that is rotated. Pure text.
import { propertyText } from './properties-file.ts';

/**
 * log4j2's configuration: warnings, and nothing of the thousands of lines that Kafka and Spark print at their start. Nor that a task is large, in every
 * micro-batch: the transform is.
 */
export function logSettings(logFile: string): string {
  const path = propertyText(logFile.replaceAll('\\', '/'));
  return `status=error
appender.file.type=RollingFile
appender.file.name=file
appender.file.fileName=${path}
appender.file.filePattern=${path}.%i
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5p %c{1} %m%n
appender.file.policies.type=Policies
appender.file.policies.size.type=SizeBasedTriggeringPolicy
appender.file.policies.size.size=10MB
appender.file.strategy.type=DefaultRolloverStrategy
appender.file.strategy.max=3
rootLogger.level=warn
rootLogger.appenderRef.file.ref=file
logger.tasks.name=org.apache.spark.scheduler.DAGScheduler
logger.tasks.level=error
`;
}
