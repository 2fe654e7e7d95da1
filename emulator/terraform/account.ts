/** The emulator's AWS account. */
export const accountId = '111122223333';
