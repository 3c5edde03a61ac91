/** A sentence cut at the web addresses in it, which are the odd pieces. A full stop or bracket behind one is not its. */
export function linksIn(sentence: string): string[] {
  return sentence.split(/(https?:\/\/[^\s<>"]*[^\s<>"().,;:!?])/);
}
