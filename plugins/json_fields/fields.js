// Counting of fields; it knows nothing of the contract, so that Node.js can test it: `node --test`.

export const SCHEMA = {
  type: 'object',
  required: ['fields'],
  additionalProperties: false,
  properties: {
    fields: {
      type: 'array',
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
      items: { type: 'string', minLength: 1 },
      description: 'Names of fields. `a.b` is the field b of the object in a.',
    },
  },
};

/** The fields of a config. What is thrown is for the user. */
export function parseConfig(config) {
  const { fields, ...others } = JSON.parse(config || '{}');
  const isName = (name) => typeof name === 'string' && name.length > 0;
  const good = Array.isArray(fields) && fields.length > 0 && fields.length <= 100 && fields.every(isName);
  if (!good || new Set(fields).size < fields.length) throw '`fields` must be 1 to 100 different names';
  if (Object.keys(others).length > 0) throw `no config key \`${Object.keys(others)[0]}\``;
  return fields;
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a path of names, or undefined. What objects inherit is not there. */
function at(object, path) {
  return path.reduce((value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined), object);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How many texts there were, how many were objects, and in how many each field was there. */
export class Counts {
  constructor(fields) {
    this.fields = fields;
    this.paths = fields.map((field) => field.split('.'));
    this.texts = 0;
    this.objects = 0;
    this.present = fields.map(() => 0);
  }

  add(text) {
    this.texts += 1;
    const object = parse(text);
    if (!isObject(object)) return;
    this.objects += 1;
    this.paths.forEach((path, i) => {
      if (at(object, path) != null) this.present[i] += 1;
    });
  }

  toState() {
    const { fields, texts, objects, present } = this;
    return JSON.stringify({ fields, texts, objects, present });
  }

  merge(state) {
    const other = parse(state);
    if (!isObject(other) || JSON.stringify(other.fields) !== JSON.stringify(this.fields)) throw 'the state is broken, or of other fields';
    this.texts += other.texts;
    this.objects += other.objects;
    this.present = this.present.map((count, i) => count + other.present[i]);
  }

  /** Without a text there is no share, so there is no sample. */
  samples() {
    const samples = [];
    if (this.texts > 0) samples.push({ name: 'valid_share', labels: [], value: this.objects / this.texts });
    if (this.objects === 0) return samples;
    const present = (field, i) => ({ name: 'present_share', labels: [['field', field]], value: this.present[i] / this.objects });
    return samples.concat(this.fields.map(present));
  }
}
