import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { choose, WORDS } from '../src/i18n.js';

const src = new URL('../src/', import.meta.url);
const read = (name) => readFileSync(new URL(name, src), 'utf8');

/** Every key that the page or a script names. */
function used() {
  const keys = new Set([...read('index.html').matchAll(/data-t(?:-\w+)?="([^"]+)"/g)].map((found) => found[1]));
  const scripts = readdirSync(src, { recursive: true }).filter((name) => name.endsWith('.js') && !name.startsWith('words'));
  for (const name of scripts) {
    for (const [, key] of read(name).matchAll(/'([a-z]+\.[a-zA-Z]+)'/g)) if (key.split('.')[0] in prefixes) keys.add(key);
  }
  for (const tab of ['live', 'rec', 'vod']) keys.add(`list.${tab}`).add(`tab.${tab}`);
  return keys;
}

const prefixes = Object.fromEntries(Object.keys(WORDS.en).map((key) => [key.split('.')[0], true]));

test('both languages say the same things', () => {
  assert.deepEqual(Object.keys(WORDS.zh), Object.keys(WORDS.en));
  for (const [key, text] of Object.entries(WORDS.en)) {
    const gaps = (sentence) => [...sentence.matchAll(/\{\w+\}/g)].map(String).sort();
    assert.deepEqual(gaps(WORDS.zh[key]), gaps(text), key);
    assert.ok(WORDS.zh[key].trim() && text.trim(), key);
  }
});

test('what is said is in the words, and the words are all said', () => {
  const keys = used();
  // Marks of elements and files look like keys, too.
  const missing = [...keys].filter((key) => !(key in WORDS.en));
  assert.deepEqual(missing, []);
  assert.deepEqual(Object.keys(WORDS.en).filter((key) => !keys.has(key)), []);
});

test('a visitor gets the language asked for, chosen before, or preferred', () => {
  assert.equal(choose('zh', 'en', ['en']), 'zh');
  assert.equal(choose(null, 'zh', ['en-GB']), 'zh');
  assert.equal(choose(null, null, ['fr-FR', 'zh-TW', 'en']), 'zh');
  assert.equal(choose(null, null, ['zh-Hans-CN']), 'zh');
  assert.equal(choose('xx', undefined, ['fr']), 'en');
});
