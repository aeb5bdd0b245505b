import { httpGet } from '../transport/http.ts'
import type { DownloadSettings } from './download.ts'

/** What a server has written of the account by which a package is downloaded (/9/x/14, /9/x/15). */
export interface SoftwareAccount {
  readonly userName?: string
  readonly password?: string
}

/**
 * The settings by which a package is downloaded with an account: HTTP and HTTPS know one (RFC 7617). It is shown to the origin of
 * the URI, not to where that redirects.
 */
export function withAccount(
  settings: DownloadSettings,
  uri: string,
  { userName = '', password = '' }: SoftwareAccount,
): DownloadSettings {
  if ((userName === '' && password === '') || !URL.canParse(uri)) return settings
  const { http = httpGet } = settings
  const { origin } = new URL(uri)
  const authorization = `Basic ${Buffer.from(`${userName}:${password}`).toString('base64')}`
  return {
    ...settings,
    http: (url, options) => {
      const headers = url.origin === origin ? { ...options.headers, authorization } : options.headers
      return http(url, { ...options, headers })
    },
  }
}
