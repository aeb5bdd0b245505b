import { defineObject } from '../definition.ts'
import { applicationType, digitalInput, timestamps } from './ipso.ts'

/** IPSO Push button, version 1.1. */
export const pushButton = defineObject({
  id: 3347,
  name: 'Push button',
  version: '1.1',
  multiple: true,
  resources: {
    ...digitalInput,
    applicationType,
    ...timestamps,
  },
})
