import type { LeshanError } from './java-program.ts'
import type { LeshanAnswer, LeshanNode } from './model.ts'

export const changed: LeshanAnswer = { status: 'CHANGED(204)', success: true }
export const created: LeshanAnswer = { status: 'CREATED(201)', success: true }
export const deleted: LeshanAnswer = { status: 'DELETED(202)', success: true }

export function content(node: LeshanNode): LeshanAnswer {
  return { status: 'CONTENT(205)', success: true, content: node }
}

/** An error as a value, so that a test can go on and tell of all that fails. */
export function settled(answer: Promise<LeshanAnswer>): Promise<LeshanAnswer | LeshanError> {
  return answer.catch(error => error)
}
