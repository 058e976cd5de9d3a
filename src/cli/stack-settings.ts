// The settings of the local stack, in the form that src/stack takes them.
import { memoryMb } from '../config/kinds.ts';
import { type Config } from '../config/load.ts';
import { type StackSettings } from '../stack/servers.ts';

export function stackSettings(config: Config): StackSettings {
  return {
    home: config.get('home'),
    cache: config.get('stack.cache'),
    ownsWarehouse: config.get('warehouse.url') === undefined,
    kafkaPort: config.get('stack.kafka_port'),
    sparkPort: config.get('stack.spark_port'),
    sparkSlots: config.get('stack.spark_slots'),
    kafkaHeapMb: memoryMb(config.get('stack.kafka_memory')),
    sparkHeapMb: memoryMb(config.get('stack.spark_memory')),
  };
}
