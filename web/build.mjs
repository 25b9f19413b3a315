// Makes `dist/`: the page bundled and minified, the players as their makers built them, all of it packed as well.
//
//     node build.mjs           writes dist/
//     node build.mjs --check   fails when dist/ is not what the sources give
//
// The same sources give the same bytes on every machine. Only how gzip packs depends on the version of node, so a
// packed file is written anew only when what is in it has changed.

import { build } from 'esbuild';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, 'dist');
/** What a first visit loads before it can list streams, in bytes. */
const FIRST = 40_000;
/** File of ours ← file of the package. */
const PLAYERS = {
  'mpegts.js': ['mpegts.js', 'dist/mpegts.js'],
  'hls.js': ['hls.js', 'dist/hls.min.js'],
  'shaka.js': ['shaka-player', 'dist/shaka-player.dash-es2021.js'],
};
/** Whose code is in a player's bundle, besides its own. */
const INSIDE = { 'mpegts.js': ['es6-promise', 'events'] };

const inPackage = (name, path) => join(HERE, 'node_modules', name, path);
const manifest = (name) => JSON.parse(readFileSync(inPackage(name, 'package.json'), 'utf8'));

async function page() {
  const options = { bundle: true, minify: true, write: false, target: ['es2022', 'chrome100', 'firefox110', 'safari16'], legalComments: 'none', charset: 'utf8', absWorkingDir: HERE };
  const outputs = await Promise.all([
    build({ ...options, entryPoints: ['src/app.js'], format: 'esm', outfile: 'app.js' }),
    build({ ...options, entryPoints: ['src/app.css'], outfile: 'app.css' }),
  ]);
  const html = readFileSync(join(HERE, 'src/index.html'), 'utf8').replace(/<!--.*?-->\n?/gs, '').replace(/^\s+/gm, '');
  return {
    'index.html': Buffer.from(html),
    'app.js': Buffer.from(outputs[0].outputFiles[0].contents),
    'app.css': Buffer.from(outputs[1].outputFiles[0].contents),
    'icon.svg': readFileSync(join(HERE, 'src/icon.svg')),
  };
}

/** Byte for byte, but for the mark of a source map that is not here. */
function player([name, path]) {
  const text = readFileSync(inPackage(name, path), 'utf8');
  return Buffer.from(`${text.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, '').trimEnd()}\n`);
}

function licences() {
  const names = Object.values(PLAYERS).flatMap(([name]) => [name, ...(INSIDE[name] ?? [])]);
  const texts = names.map((name) => {
    const file = readdirSync(inPackage(name, '')).find((entry) => /^licen[cs]e/i.test(entry));
    const { version, license, homepage } = manifest(name);
    const title = `${name} ${version} (${license})${homepage ? `, ${homepage}` : ''}`;
    return `${title}\n${'='.repeat(title.length)}\n\n${readFileSync(inPackage(name, file), 'utf8').trim()}\n`;
  });
  const intro = 'The player page contains these programs, each under its own licence.\n';
  return Buffer.from([intro, ...texts].join('\n\n').replace(/\r/g, ''));
}

async function everything() {
  const files = await page();
  const first = Object.values(files).reduce((sum, body) => sum + gzipSync(body).length, 0);
  if (first > FIRST) throw new Error(`the first paint takes ${first} bytes, at most ${FIRST} are allowed`);
  for (const [name, from] of Object.entries(PLAYERS)) files[name] = player(from);
  files['LICENSES.txt'] = licences();
  return files;
}

const old = (name) => (existsSync(join(DIST, name)) ? readFileSync(join(DIST, name)) : null);
const unpacked = (body) => {
  try {
    return body && gunzipSync(body);
  } catch {
    return null;
  }
};

/** Names of files in dist/ that are not what they should be; `mend`: makes them so. */
function compare(files, mend) {
  const wrong = [];
  const names = new Set(Object.keys(files).flatMap((name) => [name, `${name}.gz`]));
  const put = (name, isRight, body) => {
    if (isRight) return;
    wrong.push(name);
    if (mend) writeFileSync(join(DIST, name), body());
  };
  for (const [name, body] of Object.entries(files)) {
    put(name, old(name)?.equals(body), () => body);
    put(`${name}.gz`, unpacked(old(`${name}.gz`))?.equals(body), () => gzipSync(body, { level: 9 }));
  }
  for (const name of existsSync(DIST) ? readdirSync(DIST) : []) {
    if (names.has(name)) continue;
    wrong.push(name);
    if (mend) rmSync(join(DIST, name));
  }
  return wrong;
}

const check = process.argv.includes('--check');
mkdirSync(DIST, { recursive: true });
const files = await everything();
const wrong = compare(files, !check);
if (check && wrong.length > 0) {
  console.error(`web/dist is not what web/ gives: ${wrong.join(', ')}; run scripts/web.sh and commit what it changes`);
  process.exit(1);
}
for (const name of Object.keys(files)) {
  console.log(`${name.padEnd(14)} ${String(files[name].length).padStart(7)} bytes, ${String(old(`${name}.gz`).length).padStart(6)} packed`);
}
