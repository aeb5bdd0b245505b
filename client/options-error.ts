/** Nothing can be made of these options; `message` says which one and why, and holds no secret. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError'
  readonly code = 'INVALID_OPTIONS'
}
