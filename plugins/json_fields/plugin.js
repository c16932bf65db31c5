// json_fields: whether a column of JSON texts is valid, and how often each of some fields is there and not null.
import { log } from 'driftline:plugin/log@0.1.0';
import { Counts, parseConfig, SCHEMA } from './fields.js';

const decoder = new TextDecoder('utf-8');

/** Runs what gives a `result`. Another exception would lose its reason, so it becomes a string; the log gets its stack. */
function told(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error) log('error', `${error}\n${error.stack}`.trimEnd());
    throw String(error);
  }
}

/** What is known of the rows so far. */
class Accumulator {
  constructor(fields) {
    this.counts = new Counts(fields);
  }

  static create(config, inputs, reference) {
    return told(() => new Accumulator(parseConfig(config)));
  }

  update(batch) {
    return told(() => this.addRows(batch));
  }

  addRows({ rows, columns }) {
    const column = columns.find(({ name }) => name === 'text');
    if (column?.data.tag !== 'utf8') throw 'the batch has no column `text` of Utf8';
    const { offsets, values } = column.data.val;
    let unusable = 0;
    for (let row = 0; row < rows; row += 1) {
      if (column.validity && !column.validity[row]) unusable += 1;
      else this.counts.add(decoder.decode(values.subarray(offsets[row], offsets[row + 1])));
    }
    return BigInt(unusable);
  }

  state() {
    return new TextEncoder().encode(this.counts.toState());
  }

  merge(state) {
    told(() => this.counts.merge(decoder.decode(state)));
  }

  finish() {
    return told(() => this.counts.samples());
  }
}

export const metrics = { Accumulator };

const sample = (name, summary, direction, labels) => ({ name, summary, unit: 'ratio', direction, labels });

export const about = {
  info: () => ({
    name: 'json_fields',
    version: '0.1.0',
    summary: 'Whether JSON texts are valid, and how often their fields are there.',
    stateVersion: 1,
    configSchema: JSON.stringify(SCHEMA),
    inputs: [{ name: 'text', summary: 'JSON texts.', accepts: ['Utf8'], encoding: 'typed', optional: false }],
  }),
  describe: (config, inputs) => {
    parseConfig(config);
    return {
      outputs: [],
      samples: [
        sample('valid_share', 'Share of the texts that are JSON objects.', 'higher-is-better', []),
        sample('present_share', 'Share of the objects in which the field is there, and not null.', 'higher-is-better', ['field']),
      ],
    };
  },
};
