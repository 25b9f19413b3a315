import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as urls from '../src/urls.js';

const base = 'http://s.example:8080/';
const at = { base, params: '', rtmp: 'rtmp://s.example:1935' };
const live = (path) => ({ kind: 'live', path });

test('a live stream has a URL for each protocol', () => {
  const found = urls.routesOf(live('live/a b/演'), { base, params: 'user=u&token=t%20t' });
  const path = 's.example:8080/live/a%20b/%E6%BC%94';
  assert.deepEqual(found.map(({ via, url }) => [via, url]), [
    ['ws-flv', `ws://${path}.flv?user=u&token=t%20t`],
    ['http-flv', `http://${path}.flv?user=u&token=t%20t`],
    ['hls', `http://${path}.m3u8?user=u&token=t%20t`],
    ['dash', `http://${path}.mpd?user=u&token=t%20t`],
    ['http-ts', `http://${path}.ts?user=u&token=t%20t`],
    ['fmp4', `http://${path}.mp4?user=u&token=t%20t`],
  ]);
  assert.ok(found.every((route) => route.live));
});

test('a page of HTTPS, or below a folder, has URLs of its kind', () => {
  const [ws, http] = urls.routesOf(live('live/a'), { base: 'https://s/media/', params: '' });
  assert.deepEqual([ws.url, http.url], ['wss://s/media/live/a.flv', 'https://s/media/live/a.flv']);
});

test('names that would be a query or a fragment are escaped', () => {
  assert.equal(urls.routesOf(live('live/a?b#c%d'), at)[1].url, 'http://s.example:8080/live/a%3Fb%23c%25d.flv');
});

test('files are played by what their names say', () => {
  const of = (kind, path) => urls.routesOf({ kind, path }, at).map(({ via, engine, url, live: is }) => [via, engine, url, is]);
  assert.deepEqual(of('vod', 'a/b c.mp4'), [
    ['file', 'native', `${base}vod/a/b%20c.mp4`, false],
    ['hls', 'hls', `${base}vod/a/b%20c.mp4.m3u8`, false],
  ]);
  assert.deepEqual(of('vod', 'x.FLV'), [['http-flv', 'mpegts', `${base}vod/x.FLV`, false]]);
  assert.deepEqual(of('vod', 'x.ts'), [['http-ts', 'mpegts', `${base}vod/x.ts`, false]]);
  assert.deepEqual(of('vod', 'x.webm'), [['file', 'native', `${base}vod/x.webm`, false]]);
  assert.deepEqual(of('rec', 'n/2026-01-02/18-22-11.m3u8'), [['hls', 'hls', `${base}rec/n/2026-01-02/18-22-11.m3u8`, false]]);
  assert.deepEqual(of('rec', 'n/2026-01-02/18-22-11.mpd')[0].slice(0, 2), ['dash', 'shaka']);
});

test('what can be copied begins with RTMP', () => {
  const all = urls.playUrls(live('live/演'), { ...at, params: 'token=t' });
  assert.deepEqual(all[0], { label: 'RTMP', url: 'rtmp://s.example:1935/live/演?token=t' });
  assert.equal(all.length, 7);
  assert.deepEqual(urls.playUrls({ kind: 'url', path: 'http://x/y.flv' }, at), [{ label: 'URL', url: 'http://x/y.flv' }]);
});

test('parameters of the page stay, all others are passed on verbatim', () => {
  assert.equal(urls.passedOn('?stream=live/a&user=u&via=hls&token=a%2Bb+c&lang=zh&x'), 'user=u&token=a%2Bb+c&x');
  assert.equal(urls.passedOn(''), '');
  assert.equal(urls.withParams('http://h/a?b', 'c=d'), 'http://h/a?b&c=d');
});

test('links are read as they are written', () => {
  for (const [source, via] of [
    [live('live/a b/演&=?#'), 'ws-flv'], [live('rec/x'), 'hls'],
    [{ kind: 'rec', path: 'n/2026-01-02/18-22-11.m3u8' }, 'hls'], [{ kind: 'vod', path: 'a/b+c.mp4' }, 'file'],
    [{ kind: 'url', path: 'http://other/x.flv?a=b&c=d' }, 'http-flv'],
  ]) {
    const query = urls.writeLink(source, via, 'user=u&token=t');
    assert.deepEqual(urls.readLink(query, base), { source, via, params: 'user=u&token=t', ...(source.kind === 'url' && { bad: null }) });
  }
  assert.equal(urls.writeLink(null, null, ''), '');
  assert.deepEqual(urls.readLink('?stream=a', base).source, live('live/a'));
  assert.deepEqual(urls.readLink('?user=u', base), { source: null, via: null, params: 'user=u' });
});

test('a URL of ours is what it names', () => {
  for (const [text, source] of [
    ['rtmp://s.example/live/a', live('live/a')],
    ['rtmp://s.example:1935/rec/a/b?token=x', live('rec/a/b')],
    ['http://s.example:8080/live/a.flv', { ...live('live/a'), via: 'http-flv' }],
    ['ws://s.example:8080/live/a.flv', { ...live('live/a'), via: 'ws-flv' }],
    ['/live/a.m3u8', { ...live('live/a'), via: 'hls' }],
    ['/live/a.mpd', { ...live('live/a'), via: 'dash' }],
    ['/live/a.b.ts', { ...live('live/a.b'), via: 'http-ts' }],
    ['/live/a', { ...live('live/a'), via: undefined }],
    ['/rec/n/2026-01-02/18-22-11.m3u8', { kind: 'rec', path: 'n/2026-01-02/18-22-11.m3u8' }],
    ['/vod/a%20b.mp4', { kind: 'vod', path: 'a b.mp4', via: undefined }],
    ['/vod/a.mp4.m3u8', { kind: 'vod', path: 'a.mp4', via: 'hls' }],
    ['http://other:8080/live/a.flv', { kind: 'url', path: 'http://other:8080/live/a.flv' }],
  ]) assert.deepEqual(urls.sourceOf(text, base), source, text);
});

test('what no browser should open is refused', () => {
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'rtmp://other/live/a', 'rtmp://s.example/abc/a', 'blob:http://x/y', 'http://']) {
    assert.equal(urls.sourceOf(text, base), null, text);
  }
});

test('a URL of another server is taken to be live where it can be', () => {
  const route = (path) => urls.routesOf({ kind: 'url', path }, at)[0];
  assert.deepEqual([route('http://o/a.flv').engine, route('http://o/a.flv').live], ['mpegts', true]);
  assert.deepEqual([route('wss://o/a').engine, route('wss://o/a').type, route('wss://o/a').live], ['mpegts', 'flv', true]);
  assert.equal(route('wss://o/a.ts').type, 'mpegts');
  assert.deepEqual([route('http://o/a.m3u8?x').engine, route('http://o/a.mp4').engine], ['hls', 'native']);
});

test('titles', () => {
  assert.equal(urls.titleOf(live('live/a/b')), 'a/b');
  assert.equal(urls.titleOf({ kind: 'rec', path: 'n/2026-01-02/18-22-11.m3u8' }), 'n · 2026-01-02 18:22:11');
  assert.equal(urls.titleOf({ kind: 'vod', path: 'a/b%.mp4' }), 'b%.mp4');
  assert.equal(urls.titleOf({ kind: 'url', path: 'http://h/x/%E6%BC%94.flv?t=1' }), '演.flv');
});
