// What the server lists: live streams, recordings, files.

import { encodePath, parseRtmp, withParams } from './urls.js';

/** Nobody waits longer than this for a list, in ms. */
const PATIENCE = 8000;
const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' }).compare;

/** The server answered, but not with what was asked for. */
export class Refused extends Error {
  constructor(status) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

export class Api {
  /** `at`: `{ base, params }`. */
  constructor(at) {
    this.at = at;
    /** `rtmp://host:port`; a guess until the server has said it. */
    this.rtmp = `rtmp://${new URL(at.base).hostname}:1935`;
  }

  async #get(path) {
    const response = await fetch(withParams(this.at.base + path, this.at.params), {
      signal: AbortSignal.timeout(PATIENCE),
      cache: 'no-cache',
    });
    if (!response.ok) throw new Refused(response.status);
    const publish = parseRtmp(`${response.headers.get('Publish-To') ?? ''}/x`);
    if (publish) this.rtmp = publish.origin;
    return response.json();
  }

  /** Entries of a list; a place that is not there is an empty one. */
  async #list(path, read) {
    try {
      return read(await this.#get(path));
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return [];
      throw error;
    }
  }

  /** The live streams: `[{ kind: 'live', path: 'live/a', name: 'a', app: 'live' }]`. */
  live() {
    return this.#list('api/live', ({ stream = [] }) => {
      const found = stream.map(parseRtmp).filter(Boolean);
      if (found.length > 0) this.rtmp = found[0].origin;
      const entries = found.map(({ app, name }) => ({ kind: 'live', path: `${app}/${name}`, name, app }));
      return entries.sort((a, b) => byName(a.name, b.name) || byName(a.app, b.app));
    });
  }

  /** Recordings below `folder`: names, then days, then times; the newest first. */
  rec(folder) {
    const path = folder ? `rec/${encodePath(folder)}` : 'api/rec';
    return this.#list(path, (list) => this.#entries('rec', folder, list, (a, b) => (folder ? byName(b, a) : byName(a, b))));
  }

  /** Files below `folder`. */
  vod(folder) {
    const path = folder ? `api/vod/${encodePath(folder)}` : 'api/vod';
    return this.#list(path, (list) => this.#entries('vod', folder, list, byName));
  }

  #entries(kind, folder, { dirs = [], files = [] }, order) {
    const join = (name) => (folder ? `${folder}/${name}` : name);
    const entry = (name, isFolder) => ({ kind, path: join(name), name, isFolder });
    return [
      ...[...dirs].sort(order).map((name) => entry(name, true)),
      ...[...files].sort(order).map((name) => entry(name, false)),
    ];
  }
}
