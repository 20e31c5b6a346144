/** 客服的头像。 */
export const picture = {
  add: "上传头像", change: "更换头像", remove: "移除头像",
  hint: "同事在工作台看到；填写了对外名称的，网页访客也会看到。取图片中间的正方形，拍摄地点等信息会去掉。", unreadable: "这个文件不是能打开的图片",
}
