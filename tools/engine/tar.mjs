/**
 * Writes tar archives (the ustar format of POSIX.1).
 */

/** @typedef {{ path: string, mode?: number, content?: Buffer | string, link?: string }} TarEntry a path that ends with a slash is a folder */

const BLOCK = 512;
const TYPE = { file: '0', link: '2', folder: '5' };

/**
 * @param {TarEntry[]} entries
 * @returns {Buffer}
 */
export function tar(entries) {
  const blocks = entries.flatMap(({ path, mode, content = '', link }) => {
    const type = link !== undefined ? TYPE.link : path.endsWith('/') ? TYPE.folder : TYPE.file;
    const body = Buffer.from(content);
    const header = Buffer.alloc(BLOCK);
    if (Buffer.byteLength(path) > 100)
      throw new Error(`${path} is longer than the 100 bytes that a header has`);
    header.write(path, 0);
    header.write(octal(mode ?? (type === TYPE.folder ? 0o755 : 0o644), 8), 100);
    header.write(octal(0, 8), 108);
    header.write(octal(0, 8), 116);
    header.write(octal(body.length, 12), 124);
    // A fixed time, so that the same files give the same layer again.
    header.write(octal(0, 12), 136);
    header.write(' '.repeat(8), 148);
    header.write(type, 156);
    header.write(link ?? '', 157);
    header.write('ustar\0' + '00', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${octal(sum, 7)} `, 148);
    return [header, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/**
 * @param {number} value
 * @param {number} length with the NUL at the end
 */
function octal(value, length) {
  return `${value.toString(8).padStart(length - 1, '0')}\0`;
}
