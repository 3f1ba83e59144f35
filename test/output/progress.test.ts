import { progressLine } from '../../lib';

function terminal(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

test('a terminal sees a line after a second, not more often than ten times a second, and it goes at the end', () => {
  const screen = terminal(true);
  let time = 0;
  const show = progressLine(screen, () => time);
  for (const [at, done] of [
    [500, 1],
    [1000, 2],
    [1050, 3],
    [1100, 4],
    [2000, 5],
  ] as const) {
    time = at;
    show(done, 5);
  }
  expect(screen.written).toEqual(['\r\x1b[K2 of 5 clusters', '\r\x1b[K4 of 5 clusters', '\r\x1b[K']);
});

test('what is quick says nothing', () => {
  const screen = terminal(true);
  const show = progressLine(screen, () => 0);
  show(1, 2);
  show(2, 2);
  expect(screen.written).toEqual([]);
});

test('a file or a pipe never gets it', () => {
  const pipe = terminal(false);
  let time = 0;
  const show = progressLine(pipe, () => time);
  time = 5000;
  show(1, 2);
  show(2, 2);
  expect(pipe.written).toEqual([]);
});
