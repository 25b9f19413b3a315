// Players come when they are needed: each is a file of its own, as its makers built it.

import { t } from '../i18n.js';

const NAMES = { mpegts: 'mpegts', hls: 'Hls', shaka: 'shaka' };
const loading = new Map();

/** The library behind `player/NAME.js`. */
export function load(name) {
  if (window[NAMES[name]]) return Promise.resolve(window[NAMES[name]]);
  if (!loading.has(name)) {
    loading.set(name, new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = new URL(`${name}.js`, import.meta.url).href;
      script.onload = () => resolve(window[NAMES[name]]);
      script.onerror = () => {
        loading.delete(name);
        script.remove();
        reject(new Error(t('play.noPlayer')));
      };
      document.head.append(script);
    }));
  }
  return loading.get(name);
}
