/** The fragment of a link that carries a text: browsers do not send it to any server. */
const KEY = '#yaml=';

async function through(bytes: BlobPart, transform: GenericTransformStream): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(transform as TransformStream);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export async function fragmentOf(text: string): Promise<string> {
  const bytes = await through(text, new CompressionStream('deflate-raw'));
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return KEY + base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * @returns undefined when the fragment carries no text
 * @throws when it carries a damaged one
 */
export async function textOfFragment(fragment: string): Promise<string | undefined> {
  if (!fragment.startsWith(KEY)) return undefined;
  const binary = atob(fragment.slice(KEY.length).replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return new TextDecoder().decode(await through(bytes, new DecompressionStream('deflate-raw')));
}
