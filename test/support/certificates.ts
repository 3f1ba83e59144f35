import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** Makes `<name>.key` and `<name>.crt` in a folder, signed by itself: a CA, or the certificate of a server nobody trusts. */
export function selfSigned(folder: string, name: string): Certificate {
  openssl(folder, `req -x509 ${NEW_KEY} -days 2 -subj /CN=${name} -keyout ${name}.key -out ${name}.crt`);
  return certificate(folder, name);
}

/** The same for a host, signed by a CA that is in the folder. */
export function signedBy(folder: string, ca: string, host: string): Certificate {
  writeFileSync(path.join(folder, `${host}.ext`), `subjectAltName=DNS:${host}`);
  openssl(folder, `req ${NEW_KEY} -subj /CN=endpoint -keyout ${host}.key -out ${host}.csr`);
  openssl(
    folder,
    `x509 -req -in ${host}.csr -CA ${ca}.crt -CAkey ${ca}.key -CAcreateserial -days 2 -extfile ${host}.ext -out ${host}.crt`,
  );
  return certificate(folder, host);
}

/** Options for a key that no password protects. */
const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';

function openssl(cwd: string, args: string): void {
  execFileSync('openssl', args.split(' '), { stdio: 'pipe', cwd });
}

function certificate(folder: string, name: string): Certificate {
  const read = (ending: string) => readFileSync(path.join(folder, `${name}.${ending}`));
  return { key: read('key'), cert: read('crt') };
}
