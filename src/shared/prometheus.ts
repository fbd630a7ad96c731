/**
 * What both processes count with. By its main entrance prom-client brings OpenTelemetry along, and much that only others need: 70 files
 * that each start would read.
 */
export { default as AggregatorRegistry } from 'prom-client/lib/cluster.js';
export { default as Counter } from 'prom-client/lib/counter.js';
export { default as Gauge } from 'prom-client/lib/gauge.js';
export { default as Histogram } from 'prom-client/lib/histogram.js';
export { default as Registry } from 'prom-client/lib/registry.js';
