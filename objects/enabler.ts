/** The versions of the LwM2M enabler that a client can register as, lowest first. */
export const enablerVersions = ['1.0', '1.1', '1.2'] as const
export type EnablerVersion = (typeof enablerVersions)[number]

/**
 * Objects that a release of the enabler defines itself, where their version is not 1.0: LwM2M 1.0.2 Appendix E has none,
 * then LwM2M Core 1.1.1 Appendix E and LwM2M Core 1.2.2 Appendix E.
 */
const coreObjectVersions: { readonly [E in EnablerVersion]: ReadonlyMap<number, string> } = {
  '1.0': new Map(),
  '1.1': new Map([
    [0, '1.1'],
    [1, '1.1'],
    [3, '1.1'],
    [4, '1.2'],
  ]),
  '1.2': new Map([
    [0, '1.2'],
    [1, '1.2'],
    [2, '1.1'],
    [3, '1.2'],
    [4, '1.3'],
    [5, '1.1'],
    [21, '1.1'],
  ]),
}

/**
 * The version an object has when a client of this enabler names none: of a Core Object the one that the enabler defines,
 * of any other the initial version 1.0 (LwM2M Core 1.2.2 §7.2.1, §7.2.3).
 */
export function defaultObjectVersion(enabler: EnablerVersion, objectId: number): string {
  return coreObjectVersions[enabler].get(objectId) ?? '1.0'
}
