export const pause = async () => {};
