import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** All names under which OpenSSL takes a certificate from a file. */
const CERTIFICATE = /(?=-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----)/;

/**
 * What is wrong with a file that must hold certificates, or null. OpenSSL takes them up to the first that it can't read,
 * and says nothing of that, so each is looked at.
 */
export function certificateProblem(key: string, path: string, text: string): string | null {
  const certificates = text.split(CERTIFICATE).filter((part) => CERTIFICATE.test(part));
  if (certificates.length === 0)
    return `${key}: ${path} ${found(text)}, but must hold a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----`;
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      return `${key}: certificate ${index + 1} of ${certificates.length} in ${path} can't be read (${codeOf(error)}), but each must be a whole one in PEM`;
    }
  }
  return null;
}

/** What is wrong with a file that must hold a private key, or null. Nothing of its text is shown. */
export function privateKeyProblem(key: string, path: string, text: string): string | null {
  try {
    createPrivateKey(text);
    return null;
  } catch {
    return `${key}: ${path} ${found(text)}, but must hold a private key in PEM that needs no passphrase`;
  }
}

/** Why a certificate and a key can't be used together, in words that follow their names; null when they can. */
export function pairProblem({ cert, key }: { cert: string; key: string }): string | null {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    return 'are not of each other: the key must be that of the first certificate';
  try {
    createSecureContext({ cert, key });
    return null;
  } catch (error) {
    return `can't be used by TLS (${codeOf(error)})`;
  }
}

/** What a file holds, without any of its content. */
function found(text: string): string {
  if (text.trim() === '') return 'is empty';
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)].map(([, label = '']) => label);
  return labels.length === 0 ? 'holds no PEM' : `holds ${[...new Set(labels)].slice(0, 3).join(', ')}`;
}

function codeOf(error: unknown): string {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode ? String(error.code) : 'unknown reason';
}
