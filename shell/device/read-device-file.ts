import { dirname, isAbsolute, join } from 'node:path'
import { type DeviceFile, DeviceFileError, maximumDeviceFileLength, parseDeviceFile } from '../../client/device-file.ts'
import { OptionsError } from '../../client/options-error.ts'
import { FormatError } from '../../objects/errors.ts'
import { decodeUtf8 } from '../../objects/formats/bytes.ts'
import { DocumentError, readDocument, shownName } from '../document.ts'

/** Reads a device file, and what it names beside it. Rejects with OptionsError. */
export async function readDeviceFile(file: string): Promise<DeviceFile> {
  const folder = dirname(file)
  try {
    const text = decodeUtf8(await readDocument(file, maximumDeviceFileLength))
    return await parseDeviceFile(text, {
      readFile: name => readDocument(isAbsolute(name) ? name : join(folder, name), maximumDeviceFileLength),
    })
  } catch (error) {
    const isKnown = error instanceof DeviceFileError || error instanceof DocumentError || error instanceof FormatError
    throw isKnown ? new OptionsError(`--objects ${shownName(file)}: ${error.message}`, { cause: error }) : error
  }
}
