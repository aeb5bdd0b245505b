import { defineObject } from '../definition.ts'

/** Portfolio, version 1.0 (OMA-TS-LWM2M_PortfolioObj 1.0.1). */
export const portfolio = defineObject({
  id: 16,
  name: 'Portfolio',
  multiple: true,
  resources: {
    identity: { id: 0, type: 'string', operations: 'RW', multiple: true, mandatory: true },
    getAuthData: { id: 1, type: 'none', operations: 'E' },
    authData: { id: 2, type: 'opaque', operations: 'R', multiple: true },
    authStatus: { id: 3, type: 'integer', operations: 'R', range: [0, 2] },
  },
})
