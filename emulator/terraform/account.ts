/** The AWS account that the laptop pretends to be. */
export const accountId = '111122223333';
