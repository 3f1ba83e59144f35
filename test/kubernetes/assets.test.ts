import { asset, checksum } from '../../lib/kubernetes/assets';

/** As git writes them where it makes Windows' line ends. */
jest.mock('node:fs', () => {
  const fs = jest.requireActual('node:fs');
  return {
    ...fs,
    readFileSync: (file: string, encoding: BufferEncoding) =>
      String(fs.readFileSync(file, encoding)).replaceAll('\n', '\r\n'),
  };
});

test.each(['render-config.sh', 'mishards/milvus_proxy/readers.py'])(
  '%s has Unix line ends, whatever the checkout has',
  (name) => {
    const text = asset(name);
    expect(text.split('\n').length).toBeGreaterThan(10);
    expect(text).not.toContain('\r');
  },
);

test('a checksum tells where one text ends and the next begins', () => {
  expect(checksum('ab', 'c')).not.toBe(checksum('a', 'bc'));
});
