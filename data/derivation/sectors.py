"""The 38 sectors that all table years share, the road to them from each published list, and the regions."""

from .source import SourceError, read_csv

YEARS = (2002, 2007, 2012, 2017)

# code, English, Chinese, group
SECTORS = (
    ("C01", "Agriculture, forestry and fishing", "农林牧渔业", "agriculture"),
    ("C02", "Coal mining", "煤炭采选业", "mining"),
    ("C03", "Oil and gas extraction", "石油和天然气开采业", "mining"),
    ("C04", "Metal ore mining", "金属矿采选业", "mining"),
    ("C05", "Non-metal and other mining", "非金属矿及其他矿采选业", "mining"),
    ("C06", "Food and tobacco", "食品和烟草制造业", "manufacturing"),
    ("C07", "Textiles", "纺织业", "manufacturing"),
    ("C08", "Clothing, leather and footwear", "服装皮革羽绒及其制品业", "manufacturing"),
    ("C09", "Wood products and furniture", "木材加工及家具制造业", "manufacturing"),
    ("C10", "Paper, printing and recreational goods", "造纸印刷和文教体育用品业", "manufacturing"),
    ("C11", "Petroleum, coking and nuclear fuel", "石油、炼焦和核燃料加工业", "manufacturing"),
    ("C12", "Chemicals, medicines, rubber and plastics", "化学工业（含医药、橡胶和塑料）", "manufacturing"),
    ("C13", "Non-metallic mineral products", "非金属矿物制品业", "manufacturing"),
    ("C14", "Basic metals", "金属冶炼和压延加工业", "manufacturing"),
    ("C15", "Metal products", "金属制品业", "manufacturing"),
    ("C16", "General and special machinery", "通用、专用设备制造业", "manufacturing"),
    ("C17", "Transport equipment", "交通运输设备制造业", "manufacturing"),
    ("C18", "Electrical machinery", "电气机械和器材制造业", "manufacturing"),
    ("C19", "Electronics and communication equipment", "通信设备、计算机和其他电子设备制造业", "manufacturing"),
    ("C20", "Instruments", "仪器仪表制造业", "manufacturing"),
    ("C21", "Other manufacturing, scrap and repair", "其他制造、废品废料和修理", "manufacturing"),
    ("C22", "Electricity and heat", "电力、热力生产和供应业", "utilities"),
    ("C23", "Gas supply", "燃气生产和供应业", "utilities"),
    ("C24", "Water supply", "水的生产和供应业", "utilities"),
    ("C25", "Construction", "建筑业", "construction"),
    ("C26", "Transport, storage and post", "交通运输、仓储和邮政业", "services"),
    ("C27", "Wholesale and retail trade", "批发和零售业", "services"),
    ("C28", "Hotels and restaurants", "住宿和餐饮业", "services"),
    ("C29", "Information, software and telecommunications", "信息传输、软件和信息技术服务业", "services"),
    ("C30", "Finance", "金融业", "services"),
    ("C31", "Real estate", "房地产业", "services"),
    ("C32", "Leasing and business services", "租赁和商务服务业", "services"),
    ("C33", "Research and technical services", "科学研究和技术服务业", "services"),
    ("C34", "Public facilities, resident and other services", "公共设施、居民和其他服务业", "services"),
    ("C35", "Education", "教育", "services"),
    ("C36", "Health and social work", "卫生和社会工作", "services"),
    ("C37", "Culture, sports and entertainment", "文化、体育和娱乐业", "services"),
    ("C38", "Public administration and social security", "公共管理、社会保障和社会组织", "services"),
)
CODES = tuple(code for code, *_ in SECTORS)

# The common sector (without its C) of each published sector 01..42. In 2012 general and special machinery part ways
# and repair appears; in 2017 scrap joins other manufacturing and research leaves technical services.
_GOODS = "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16"
TO_COMMON = {
    2002: f"{_GOODS} 17 18 19 20 21 21 22 23 24 25 26 26 29 27 28 30 31 32 34 33 33 34 35 36 37 38",
    2007: f"{_GOODS} 17 18 19 20 21 21 22 23 24 25 26 26 29 27 28 30 31 32 33 33 34 34 35 36 37 38",
    2012: f"{_GOODS} 16 17 18 19 20 21 21 21 22 23 24 25 27 26 28 29 30 31 32 33 34 34 35 36 37 38",
    2017: f"{_GOODS} 16 17 18 19 20 21 21 22 23 24 25 27 26 28 29 30 31 32 33 33 34 34 35 36 37 38",
}
TO_COMMON = {
    year: {f"{i:02d}": f"C{code}" for i, code in enumerate(codes.split(), start=1)} for year, codes in TO_COMMON.items()
}

# The published list that a table of a given year uses.
LIST_OF_YEAR = {2002: 2002, 2007: 2007, 2012: 2012, 2017: 2017, 2020: 2017}

# English, Chinese, and the part of the country it is counted in by the statistical bureau
REGIONS = (
    ("China", "中国", "nation"),
    ("Beijing", "北京", "east"),
    ("Tianjin", "天津", "east"),
    ("Hebei", "河北", "east"),
    ("Shanxi", "山西", "centre"),
    ("Inner Mongolia", "内蒙古", "west"),
    ("Liaoning", "辽宁", "north-east"),
    ("Jilin", "吉林", "north-east"),
    ("Heilongjiang", "黑龙江", "north-east"),
    ("Shanghai", "上海", "east"),
    ("Jiangsu", "江苏", "east"),
    ("Zhejiang", "浙江", "east"),
    ("Anhui", "安徽", "centre"),
    ("Fujian", "福建", "east"),
    ("Jiangxi", "江西", "centre"),
    ("Shandong", "山东", "east"),
    ("Henan", "河南", "centre"),
    ("Hubei", "湖北", "centre"),
    ("Hunan", "湖南", "centre"),
    ("Guangdong", "广东", "east"),
    ("Guangxi", "广西", "west"),
    ("Hainan", "海南", "east"),
    ("Chongqing", "重庆", "west"),
    ("Sichuan", "四川", "west"),
    ("Guizhou", "贵州", "west"),
    ("Yunnan", "云南", "west"),
    ("Tibet", "西藏", "west"),
    ("Shaanxi", "陕西", "west"),
    ("Gansu", "甘肃", "west"),
    ("Qinghai", "青海", "west"),
    ("Ningxia", "宁夏", "west"),
    ("Xinjiang", "新疆", "west"),
)
CHINESE = {english: chinese for english, chinese, _ in REGIONS}
ENGLISH = {chinese: english for english, chinese, _ in REGIONS}


def published_names(path):
    """Return {(year, code): (Chinese, English)} of the 42 published sectors from the source's list.

    The list also says which common sector it thinks each belongs to; a disagreement with ours is an error.
    """
    header, rows = read_csv(path)
    names = {}
    for row in rows:
        record = dict(zip(header, row, strict=True))
        year, code = int(record["year"]), record["code42"]
        if year not in TO_COMMON or code not in TO_COMMON[year]:
            raise SourceError(f"{path.name}: unknown sector {code} of {year}")
        if record["code38"] != TO_COMMON[year][code]:
            raise SourceError(
                f"{path.name}: sector {code} of {year} goes to {record['code38']}, here to {TO_COMMON[year][code]}"
            )
        names[year, code] = (record["name_zh"], record["name_en"])
    absent = [f"{year}/{code}" for year, codes in TO_COMMON.items() for code in codes if (year, code) not in names]
    if absent:
        raise SourceError(f"{path.name}: {len(absent)} published sectors have no name: {', '.join(absent[:5])}")
    return names
