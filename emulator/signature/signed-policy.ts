/** The grammar of CloudFront's policy statement: reads a custom policy, writes a canned one. */

export interface SignedPolicy {
  /** undefined: every URL of every distribution that trusts the key. */
  readonly resource: string | undefined;
  /** Seconds since 1970. */
  readonly dateLessThan: number;
  readonly dateGreaterThan: number | undefined;
  /** One IPv4 address or CIDR range. */
  readonly sourceIp: string | undefined;
}

// "A date that's no later than … April 11, 2262": 64-bit nanoseconds. Milliseconds given by mistake are beyond it.
const latestEpochSeconds = 9_223_372_036;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const onlyKeys = (value: Record<string, unknown>, ...allowed: readonly string[]): boolean =>
  Object.keys(value).every((key) => allowed.includes(key));

function single(value: unknown, key: string): unknown {
  return isRecord(value) && onlyKeys(value, key) ? value[key] : undefined;
}

const isEpoch = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= latestEpochSeconds;

const isIpv4 = (value: string): boolean => {
  const parts = value.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
};

function isRange(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const [address = '', bits = '32', ...rest] = value.split('/');
  return rest.length === 0 && isIpv4(address) && /^\d{1,2}$/.test(bits) && Number(bits) <= 32;
}

// "Use UTF-8 character encoding."
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a custom policy; undefined if it is not one. */
export function parsePolicy(bytes: Uint8Array): SignedPolicy | undefined {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
  const statements = single(value, 'Statement');
  if (!Array.isArray(statements) || statements.length !== 1) return undefined;
  const statement: unknown = statements[0];
  if (!isRecord(statement) || !onlyKeys(statement, 'Resource', 'Condition')) return undefined;
  const resource = statement['Resource'];
  if (resource !== undefined && typeof resource !== 'string') return undefined;
  const condition = statement['Condition'];
  if (!isRecord(condition) || !onlyKeys(condition, 'DateLessThan', 'DateGreaterThan', 'IpAddress')) return undefined;

  const dateLessThan = single(condition['DateLessThan'], 'AWS:EpochTime');
  if (!isEpoch(dateLessThan)) return undefined;
  const dateGreaterThan = single(condition['DateGreaterThan'], 'AWS:EpochTime');
  if (condition['DateGreaterThan'] !== undefined && !isEpoch(dateGreaterThan)) return undefined;
  const sourceIp = single(condition['IpAddress'], 'AWS:SourceIp');
  if (condition['IpAddress'] !== undefined && !isRange(sourceIp)) return undefined;
  return {
    resource,
    dateLessThan,
    dateGreaterThan: dateGreaterThan as number | undefined,
    sourceIp: sourceIp as string | undefined,
  };
}

/** The text of a canned policy; undefined if `expires` is not a time. */
export function cannedPolicyText(url: string, expires: string): string | undefined {
  if (!/^\d{1,10}$/.test(expires) || !isEpoch(Number(expires))) return undefined;
  return `{"Statement":[{"Resource":"${url}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
}

const toNumber = (address: string): number => address.split('.').reduce((total, part) => total * 256 + Number(part), 0);

/** Whether an IPv4 address is in a checked range. Any other address never is. */
export function inRange(address: string, range: string): boolean {
  if (!isIpv4(address)) return false;
  const [network = '', bits = '32'] = range.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(toNumber(address) / size) === Math.floor(toNumber(network) / size);
}
