import { assign, setup } from 'xstate'
import {
  initialSoftwareContext,
  noName,
  type SoftwareCommand,
  type SoftwareContext,
  type SoftwareInput,
  type SoftwareName,
  type SoftwarePhase,
  updateResult,
} from './software-context.ts'
import { type SoftwareOutcome, softwareEffects } from './software-effects.ts'

const resumedAt =
  (phase: SoftwarePhase) =>
  ({ context }: { context: SoftwareContext }) =>
    context.resumed === phase

const software = setup({
  types: {
    context: {} as SoftwareContext,
    events: {} as SoftwareCommand | SoftwareOutcome,
    input: {} as SoftwareInput,
  },
  actors: softwareEffects,
  guards: {
    wasRemoving: resumedAt('removing'),
    wasReceiving: resumedAt('receiving'),
    wasPulling: resumedAt('pulling'),
    wasDownloaded: resumedAt('downloaded'),
    wasDelivered: resumedAt('delivered'),
    wasInstalling: resumedAt('installing'),
    wasInactive: resumedAt('inactive'),
    wasActive: resumedAt('active'),
    wasUninstalling: resumedAt('uninstalling'),
    isInPlace: ({ context }) => context.isInPlace,
  },
  actions: {
    /** Also the end of what an earlier run had begun. */
    setResult: assign((_, { result }: { result: number }) => ({ result, resumed: undefined })),
    setName: assign((_, { name, version }: SoftwareName) => ({ name, version })),
    forgetName: assign(noName),
    setPurpose: assign((_, { isForUpdate }: { isForUpdate: boolean }) => ({ isForUpdate })),
    putInPlace: assign({ isInPlace: true }),
    /** Software that makes room for an upgrade stays until that is installed. */
    takeFromPlace: assign(({ context }) => ({ isInPlace: context.isForUpdate, isForUpdate: false })),
  },
})

const result = (value: number) => ({ type: 'setResult', params: { result: value } }) as const

const downloaded = '#software-management.downloaded'

/** There is no package; the result says why. */
const failed = {
  target: '#software-management.initial',
  actions: { type: 'setResult', params: ({ event }: { event: { result: number } }) => event },
} as const

const purpose = { type: 'setPurpose', params: ({ event }: { event: { isForUpdate: boolean } }) => event } as const

const invokeUninstall = {
  id: 'uninstall',
  src: 'uninstall',
  input: ({ context: { resumed, isForUpdate } }: { context: SoftwareContext }) => ({
    isResumed: resumed === 'uninstalling' || resumed === 'removing',
    isForUpdate,
  }),
} as const

const uninstalled = {
  target: '#software-management.initial',
  actions: ['takeFromPlace', result(updateResult.initial)],
} as const

const uninstallFailed = result(updateResult.uninstallFailed)

/** One instance of Software Management (LwM2M Software Management 1.0 §5.1.2). Provide {@link softwareEffects} once a process. */
export const softwareManagementMachine = software.createMachine({
  id: 'software-management',
  description:
    'One package of software: how it comes to the device, is installed, activated, and goes. The five outermost states are those of Update State (/9/x/7).',
  context: ({ input }) => initialSoftwareContext(input),
  initial: 'beginning',
  states: {
    /** Goes on where an earlier run has ended; a server that was writing the package has to write it again. */
    beginning: {
      always: [
        { guard: 'wasRemoving', target: 'initial.uninstalling' },
        { guard: 'wasReceiving', target: 'initial', actions: result(updateResult.connectionLost) },
        { guard: 'wasPulling', target: 'downloadStarted.pulling' },
        { guard: 'wasDownloaded', target: 'downloaded' },
        { guard: 'wasDelivered', target: 'delivered' },
        { guard: 'wasInstalling', target: 'delivered.installing' },
        { guard: 'wasInactive', target: 'installed' },
        { guard: 'wasActive', target: 'installed.active' },
        { guard: 'wasUninstalling', target: 'installed.leaving.uninstalling' },
        'initial',
      ],
    },
    initial: {
      initial: 'idle',
      entry: 'forgetName',
      states: {
        idle: {
          on: {
            'push.begun': { target: '#software-management.downloadStarted', actions: result(updateResult.downloading) },
            'uri.written': {
              target: '#software-management.downloadStarted.pulling',
              actions: result(updateResult.downloading),
            },
            uninstall: { guard: 'isInPlace', target: 'uninstalling', actions: purpose },
            cancel: {},
          },
        },
        /** What was to be upgraded goes for good. */
        uninstalling: {
          invoke: invokeUninstall,
          on: {
            'uninstall.done': uninstalled,
            'uninstall.failed': { target: 'idle', actions: uninstallFailed },
          },
        },
      },
    },
    downloadStarted: {
      initial: 'receiving',
      states: {
        /** A server writes the package. */
        receiving: {
          on: { 'push.received': downloaded, 'push.failed': failed },
        },
        pulling: {
          invoke: {
            id: 'download',
            src: 'download',
            input: ({ context: { resumed } }) => ({ isResumed: resumed === 'pulling' }),
          },
          on: { 'download.done': downloaded, 'download.failed': failed },
        },
      },
      on: { cancel: { target: 'initial', actions: result(updateResult.initial) } },
    },
    downloaded: {
      entry: result(updateResult.initial),
      invoke: { id: 'verify', src: 'verify' },
      on: {
        'verify.done': {
          target: 'delivered',
          actions: [{ type: 'setName', params: ({ event }) => event }, result(updateResult.verified)],
        },
        'verify.failed': failed,
      },
    },
    delivered: {
      initial: 'ready',
      states: {
        ready: {
          on: {
            install: 'installing',
            /** Nothing of it is in place: there is nothing to be made ready for an upgrade. */
            uninstall: { target: '#software-management.initial', actions: result(updateResult.initial) },
          },
        },
        installing: {
          invoke: {
            id: 'install',
            src: 'install',
            input: ({ context: { resumed, isInPlace } }) => ({
              isResumed: resumed === 'installing',
              isUpgrade: isInPlace,
            }),
          },
          on: {
            'install.done': {
              target: '#software-management.installed',
              actions: ['putInPlace', result(updateResult.installed)],
            },
            'install.failed': { target: 'ready', actions: result(updateResult.installFailed) },
          },
        },
      },
    },
    /** The Activation State Machine lives in here. */
    installed: {
      initial: 'inactive',
      states: {
        inactive: {
          on: {
            activate: 'activating',
            deactivate: {},
            uninstall: { target: 'leaving.uninstalling', actions: purpose },
          },
        },
        activating: {
          invoke: { id: 'activate', src: 'activate' },
          on: { 'activate.done': 'active', 'activate.failed': 'inactive' },
        },
        active: {
          on: { deactivate: 'deactivating', activate: {}, uninstall: { target: 'leaving', actions: purpose } },
        },
        deactivating: {
          invoke: { id: 'deactivate', src: 'deactivate' },
          on: { 'deactivate.done': 'inactive', 'deactivate.failed': 'active' },
        },
        /** Software that runs is deactivated before it goes. */
        leaving: {
          initial: 'deactivating',
          states: {
            deactivating: {
              invoke: { id: 'deactivate', src: 'deactivate' },
              on: {
                'deactivate.done': 'uninstalling',
                'deactivate.failed': { target: '#software-management.installed.active', actions: uninstallFailed },
              },
            },
            uninstalling: {
              invoke: invokeUninstall,
              on: {
                'uninstall.done': uninstalled,
                'uninstall.failed': { target: '#software-management.installed.inactive', actions: uninstallFailed },
              },
            },
          },
        },
      },
    },
  },
})
