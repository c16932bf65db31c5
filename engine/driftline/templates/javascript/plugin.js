// The mean and the largest value of a column. What gives a `result` in the contract throws strings for the user.
import { log } from 'driftline:plugin/log@0.1.0';

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
  constructor() {
    this.count = 0;
    this.sum = 0;
    this.max = -Infinity;
  }

  static create(config, inputs, reference) {
    return told(() => new Accumulator());
  }

  update(batch) {
    return told(() => this.addRows(batch));
  }

  addRows({ rows, columns }) {
    const column = columns.find(({ name }) => name === 'value');
    if (column?.data.tag !== 'float64') throw 'the batch has no column `value` of Float64';
    const { validity } = column;
    let [count, sum, max] = [0, 0, this.max];
    column.data.val.forEach((value, row) => {
      if ((validity && !validity[row]) || !Number.isFinite(value)) return;
      count += 1;
      sum += value;
      if (value > max) max = value;
    });
    this.count += count;
    this.sum += sum;
    this.max = max;
    return BigInt(rows - count);
  }

  state() {
    return new Uint8Array(new Float64Array([this.count, this.sum, this.max]).buffer);
  }

  merge(state) {
    told(() => this.addState(state));
  }

  addState(state) {
    if (state.length !== 24) throw 'the state is broken';
    const [count, sum, max] = new Float64Array(state.slice().buffer);
    this.count += count;
    this.sum += sum;
    this.max = Math.max(this.max, max);
  }

  finish() {
    return told(() => this.samples());
  }

  samples() {
    // Without a value there is no mean, so there is no sample.
    if (this.count === 0) return [];
    return [
      { name: 'mean', labels: [], value: this.sum / this.count },
      { name: 'max', labels: [], value: this.max },
    ];
  }
}

export const metrics = { Accumulator };

const sample = (name, summary) => ({ name, summary, unit: '', direction: 'neither', labels: [] });

export const about = {
  info: () => ({
    name: 'NAME',
    version: '0.1.0',
    summary: 'Mean and largest value of a column.',
    stateVersion: 1,
    configSchema: '{"type": "object", "additionalProperties": false}',
    inputs: [{ name: 'value', summary: 'Numbers.', accepts: ['Float64'], encoding: 'typed', optional: false }],
  }),
  describe: (config, inputs) =>
    told(() => ({
      outputs: [],
      samples: [sample('mean', 'Mean of the finite values.'), sample('max', 'Largest finite value.')],
    })),
};
