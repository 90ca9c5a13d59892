// Says how Node's http reads messages, for driver.py; the protocol is that of framing_reader_main.cpp, without what is
// forwarded. Requests go to a real http server over a stream of their own, answers to a real http client.
'use strict';

const http = require('http');
const { Duplex } = require('stream');

// One end of a connection: what is pushed is read by Node, what Node writes is thrown away.
function connection() {
  return new Duplex({ read() {}, write(chunk, encoding, done) { done(); } });
}

const hex = (text) => Buffer.from(text, 'latin1').toString('hex');

// Nothing is left to do for what was pushed once so many turns of the event loop have passed.
function settled(then, turns = 4) {
  setImmediate(() => (turns === 0 ? then() : settled(then, turns - 1)));
}

class Reading {
  constructor() {
    this.messages = [];
    this.end = 'more';
  }

  add(start, message) {
    const entry = { start, body: [], whole: false };
    this.messages.push(entry);
    message.on('data', (bytes) => entry.body.push(bytes));
    message.on('end', () => { entry.whole = message.complete; });
    message.on('error', () => {});
  }

  finish(end) { if (this.end === 'more') this.end = end; }

  line() {
    const messages = this.messages.map(({ start, body, whole }) => [start, Buffer.concat(body).toString('hex'), whole]);
    return JSON.stringify({ messages, end: this.end });
  }
}

const server = http.createServer((request, response) => {
  request.socket.reading.add([hex(request.method), hex(request.url)], request);
  request.on('end', () => response.end());
});
// Not destroyed yet: requests before the error are still to be read to their ends.
server.on('clientError', (error, socket) => socket.reading.finish(`refused ${error.code}`));

function readRequests(input, done) {
  const socket = connection();
  socket.reading = new Reading();
  socket.on('close', () => socket.reading.finish('closed'));
  server.emit('connection', socket);
  socket.push(input);
  settled(() => {
    const line = socket.reading.line();
    socket.destroy();
    done(line);
  });
}

function readAnswer(input, done) {
  const socket = connection();
  const reading = new Reading();
  const method = input[0] === 1 ? 'HEAD' : 'GET';
  const request = http.request({ method, createConnection: () => socket });
  request.on('response', (response) => reading.add([hex(String(response.statusCode))], response));
  request.on('error', (error) => reading.finish(`refused ${error.code}`));
  request.end();
  setImmediate(() => {
    socket.push(input.subarray(1));
    socket.push(null);
    settled(() => {
      const line = reading.line();
      socket.destroy();
      done(line);
    });
  });
}

function* inputs(bytes) {
  for (let at = 0; at < bytes.length;) {
    const size = bytes.readUInt32LE(at);
    yield bytes.subarray(at + 4, at + 4 + size);
    at += 4 + size;
  }
}

const read = { requests: readRequests, answers: readAnswer }[process.argv[2]];
if (!read) {
  process.stderr.write('usage: node node_parser.js requests|answers\n');
  process.exit(2);
}
const pieces = [];
process.stdin.on('data', (piece) => pieces.push(piece));
process.stdin.on('end', async () => {
  let lines = '';
  for (const input of inputs(Buffer.concat(pieces))) {
    lines += `${await new Promise((done) => { read(input, done); })}\n`;
  }
  // What is still to be written would not outlive an exit.
  process.stdout.write(lines, () => process.exit(0));
});
