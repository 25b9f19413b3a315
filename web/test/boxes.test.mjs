import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf } from '../src/boxes.js';

const ascii = (text) => [...text].map((letter) => letter.charCodeAt(0));
const box = (name, ...body) => {
  const inner = body.flat();
  const length = inner.length + 8;
  return [0, 0, length >> 8, length & 255, ...ascii(name), ...inner];
};
const zeros = (count) => Array(count).fill(0);
const avcC = box('avcC', 1, 0x64, 0, 0x1f, 0xff);
/** AAC-LC, 44.1 kHz (index 4), mono, in an entry that says two channels. */
const esds = box('esds', zeros(4), 3, 0x80, 0x80, 0x80, 34, 0, 1, 0, 4, 0x80, 0x80, 0x80, 20, 0x40, 0x15, zeros(11), 5, 0x80, 0x80, 0x80, 2, 0x12, 0x08);
const mp4a = box('mp4a', zeros(16), 0, 2, 0, 16, zeros(4), 0xac, 0x44, 0, 0, esds);
const file = (...entries) => new Uint8Array([...box('ftyp', ascii('isom')), ...box('moov', box('stsd', ...entries))]);

test('both tracks', () => {
  assert.deepEqual(factsOf(file(avcC, mp4a)), { videoCodec: 'avc1.64001f', audioCodec: 'mp4a.40.2', channels: 1, rate: 44100 });
});

test('one track', () => {
  assert.deepEqual(factsOf(file(avcC)), { videoCodec: 'avc1.64001f', audioCodec: '' });
  assert.equal(factsOf(file(mp4a)).videoCodec, '');
});

test('H.265', () => {
  const hvcC = box('hvcC', 1, 1, zeros(10), 93, zeros(10));
  assert.equal(factsOf(file(hvcC)).videoCodec, 'hvc1.1.0.L93');
});

test('a beginning that is not whole says nothing, and no bytes are an error', () => {
  const whole = file(avcC, mp4a);
  for (let n = 0; n < whole.length; n += 1) assert.equal(factsOf(whole.subarray(0, n)), null, String(n));
  for (let n = 0; n < 2000; n += 1) factsOf(Uint8Array.from({ length: 64 }, (_, i) => (n * 31 + i * 17 + ((n * i) % 7)) & 255));
});
