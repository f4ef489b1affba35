/** Whether a client that says what it accepts (RFC 9110) would rather have YAML than JSON. */
export function prefersYaml(accept = '*/*'): boolean {
  return quality(accept, 'application/yaml') > quality(accept, 'application/json');
}

/** From 0 to 1: that of the most specific range which the type is in. */
function quality(accept: string, type: string): number {
  const ranges = new Map(accept.split(',').map(readRange));
  const [group] = type.split('/');
  return ranges.get(type) ?? ranges.get(`${group}/*`) ?? ranges.get('*/*') ?? 0;
}

function readRange(item: string): [range: string, quality: number] {
  const [range = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const quality = weight === undefined ? 1 : Number(weight);
  return [range, Number.isFinite(quality) ? quality : 0];
}
