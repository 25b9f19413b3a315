// A reverse proxy as an operator may have in front of the server, which adds a policy to all that it passes on.
import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';

/** Runs `work(origin)` with a proxy to `target` in front. */
export async function withPolicy(target, policy, work) {
  const { hostname, port } = new URL(target);
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const asked = ask({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode, { ...answer.headers, 'content-security-policy': policy });
      answer.pipe(response);
    });
    asked.on('error', () => response.destroy());
    response.on('close', () => asked.destroy());
    request.pipe(asked);
  });
  server.on('upgrade', ({ method, url, rawHeaders }, socket, head) => {
    const there = connect(port, hostname);
    const lines = rawHeaders.reduce((text, word, n) => text + word + (n % 2 ? '\r\n' : ': '), `${method} ${url} HTTP/1.1\r\n`);
    there.write(`${lines}\r\n`);
    there.write(head);
    there.pipe(socket).pipe(there);
    for (const [one, other] of [[there, socket], [socket, there]]) one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
