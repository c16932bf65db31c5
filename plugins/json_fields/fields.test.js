import assert from 'node:assert/strict';
import test from 'node:test';
import { Counts, parseConfig } from './fields.js';

const TEXTS = ['{"a": 1, "b": {"c": null}}', '{"a": null, "b": {"c": false}}', '[1]', 'nonsense', '{"b": 7, "__proto__": {"a": 1}}', ''];

test('fields are counted', () => {
  const counts = new Counts(['a', 'b.c', 'toString']);
  TEXTS.forEach((text) => counts.add(text));
  assert.deepEqual([counts.texts, counts.objects, counts.present], [6, 3, [1, 1, 0]]);
});

test('states merge in any order', () => {
  const [whole, first, second] = [0, 0, 0].map(() => new Counts(['a', 'b']));
  TEXTS.forEach((text, i) => {
    whole.add(text);
    (i < 2 ? first : second).add(text);
  });
  second.merge(first.toState());
  assert.deepEqual(second.samples(), whole.samples());
  assert.throws(() => second.merge(new Counts(['a']).toState()), /other fields/);
  assert.throws(() => second.merge('7'), /broken/);
});

test('configs are checked', () => {
  assert.deepEqual(parseConfig('{"fields": ["a"]}'), ['a']);
  for (const config of ['{}', '{"fields": []}', '{"fields": ["a", "a"]}', '{"fields": [""]}', '{"fields": ["a"], "x": 1}']) {
    assert.throws(() => parseConfig(config), undefined, config);
  }
});
