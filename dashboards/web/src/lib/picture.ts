/** Pictures people choose of themselves. */

export const SIDE = 256

/** Its middle square as a small JPEG, upright, and without whatever the file tells of time and place. Throws on what is
 * no picture. */
export async function squared(file: Blob): Promise<Blob> {
  const image = await createImageBitmap(file)
  const canvas = document.createElement("canvas")
  canvas.width = canvas.height = SIDE
  const paper = canvas.getContext("2d")!
  paper.fillStyle = "#ffffff"
  paper.fillRect(0, 0, SIDE, SIDE)
  const side = Math.min(image.width, image.height)
  paper.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, SIDE, SIDE)
  image.close()
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no picture"))), "image/jpeg", 0.9))
}
