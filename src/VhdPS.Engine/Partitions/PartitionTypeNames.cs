using System.Collections.Frozen;

namespace VhdPS.Engine.Partitions;

/// <summary>The names of partition types. Sources: UEFI specification, Microsoft's PARTITION_INFORMATION, the Discoverable Partitions
/// Specification.</summary>
internal static class PartitionTypeNames
{
    private const string Unknown = "Unknown";

    private static readonly Guid LdmData = new("AF9B60A0-1431-4F62-BC68-3311714A69AD");
    private static readonly Guid LdmMetadata = new("5808C8AA-7E8F-42E0-85D2-E1E90434CFB3");
    private static readonly Guid StorageSpaces = new("E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D");
    private static readonly Guid LinuxRaid = new("A19D880F-05FC-4D3B-A006-743F0F84911E");

    private static readonly PartitionType[] ByCode = MakeCodes();

    private static readonly FrozenDictionary<Guid, PartitionType> ById = new (string Id, string Name)[]
    {
        ("024DEE41-33E7-11D3-9D69-0008C781F39F", "MBR partition scheme"),
        ("C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "EFI System"),
        ("21686148-6449-6E6F-744E-656564454649", "BIOS boot"),
        ("E3C9E316-0B5C-4DB8-817D-F92DF00215AE", "Microsoft reserved"),
        ("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", "Basic data"),
        ("DE94BBA4-06D1-4D40-A16A-BFD50179D6AC", "Windows recovery"),
        (LdmData.ToString(), "Windows LDM data"),
        (LdmMetadata.ToString(), "Windows LDM metadata"),
        (StorageSpaces.ToString(), "Windows Storage Spaces"),
        ("558D43C5-A1AC-43C0-AAC8-D1472B2923D1", "Windows storage replica"),
        ("37AFFC90-EF7D-4E96-91C3-2D7AE055B174", "IBM GPFS"),
        ("0FC63DAF-8483-4772-8E79-3D69D8477DE4", "Linux filesystem"),
        ("0657FD6D-A4AB-43C4-84E5-0933C84B4F4F", "Linux swap"),
        ("E6D6D379-F507-44C2-A23C-238F2A3DF928", "Linux LVM"),
        (LinuxRaid.ToString(), "Linux RAID"),
        ("8DA63339-0007-60C0-C436-083AC8230908", "Linux reserved"),
        ("933AC7E1-2EB4-4F13-B844-0E14E2AEF915", "Linux home"),
        ("3B8F8425-20E0-4F3B-907F-1A25A76F98E8", "Linux server data"),
        ("4D21B016-B534-45C2-A9FB-5C16E091FD2D", "Linux variable data"),
        ("7EC6F557-3BC5-4ACA-B293-16EF5DF639D1", "Linux temporary data"),
        ("BC13C2FF-59E6-4262-A352-B275FD6F7172", "Linux extended boot"),
        ("CA7D7CCB-63ED-4C53-861C-1742536059CC", "Linux LUKS"),
        ("7FFEC5C9-2D00-49B7-8941-3EA10A5586B7", "Linux dm-crypt"),
        ("44479540-F297-41B2-9AF7-D131D5F0458A", "Linux root (x86)"),
        ("4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", "Linux root (x86-64)"),
        ("69DAD710-2CE4-4E3C-B16C-21A1D49ABED3", "Linux root (ARM)"),
        ("B921B045-1DF0-41C3-AF44-4C6F280D3FAE", "Linux root (ARM64)"),
        ("72EC70A6-CF74-40E6-BD49-4BDA08E8F224", "Linux root (RISC-V 64)"),
        ("8484680C-9521-48C6-9C11-B0720656F69E", "Linux usr (x86-64)"),
        ("B0E01050-EE5F-4390-949A-9101B17104E9", "Linux usr (ARM64)"),
        ("2C7357ED-EBD2-46D9-AEC1-23D437EC2BF5", "Linux root verity (x86-64)"),
        ("83BD6B9D-7F41-11DC-BE0B-001560B84F0F", "FreeBSD boot"),
        ("516E7CB4-6ECF-11D6-8FF8-00022D09712B", "FreeBSD data"),
        ("516E7CB5-6ECF-11D6-8FF8-00022D09712B", "FreeBSD swap"),
        ("516E7CB6-6ECF-11D6-8FF8-00022D09712B", "FreeBSD UFS"),
        ("516E7CB8-6ECF-11D6-8FF8-00022D09712B", "FreeBSD Vinum"),
        ("516E7CBA-6ECF-11D6-8FF8-00022D09712B", "FreeBSD ZFS"),
        ("824CC7A0-36A8-11E3-890A-952519AD3F61", "OpenBSD data"),
        ("49F48D32-B10E-11DC-B99B-0019D1879648", "NetBSD swap"),
        ("49F48D5A-B10E-11DC-B99B-0019D1879648", "NetBSD FFS"),
        ("48465300-0000-11AA-AA11-00306543ECAC", "Apple HFS+"),
        ("7C3457EF-0000-11AA-AA11-00306543ECAC", "Apple APFS"),
        ("55465300-0000-11AA-AA11-00306543ECAC", "Apple UFS"),
        ("52414944-0000-11AA-AA11-00306543ECAC", "Apple RAID"),
        ("426F6F74-0000-11AA-AA11-00306543ECAC", "Apple boot"),
        ("4C616265-6C00-11AA-AA11-00306543ECAC", "Apple label"),
        ("53746F72-6167-11AA-AA11-00306543ECAC", "Apple Core Storage"),
        ("6A82CB45-1DD2-11B2-99A6-080020736631", "Solaris boot"),
        ("6A85CF4D-1DD2-11B2-99A6-080020736631", "Solaris root"),
        ("6A898CC3-1DD2-11B2-99A6-080020736631", "Solaris usr and Apple ZFS"),
        ("FE3A2A5D-4F32-41A7-B725-ACCC3285A309", "ChromeOS kernel"),
        ("3CB8E202-3B7E-47DD-8A3C-7FF2A13CFCEC", "ChromeOS root"),
        ("9D275380-40AD-11DB-BF97-000C2911D1B8", "VMware VMkernel diagnostic"),
        ("AA31E02A-400F-11DB-9590-000C2911D1B8", "VMware VMFS"),
        ("9198EFFC-31C0-11DB-8F78-000C2911D1B8", "VMware reserved"),
        ("4FBD7E29-9D25-41B8-AFD0-062C0CEFF05D", "Ceph OSD"),
        ("9E1A2D38-C612-4316-AA26-8B49521E5A8B", "PowerPC PReP boot"),
        ("D3BFE2DE-3DAF-11DF-BA40-E3A556D89593", "Intel Rapid Start"),
        ("F4019732-066E-4E12-8273-346C5641494F", "Sony boot"),
        ("BFBFAFE7-A34F-448A-9A5B-6213EB736C22", "Lenovo boot"),
    }.Select(pair => new PartitionType(pair.Name, null, new Guid(pair.Id))).ToFrozenDictionary(type => type.Id!.Value);

    /// <summary>The type of a byte.</summary>
    public static PartitionType Of(byte code) => ByCode[code];

    /// <summary>The type of a GUID.</summary>
    public static PartitionType Of(Guid id) => ById.TryGetValue(id, out PartitionType? type) ? type : new PartitionType(Unknown, null, id);

    /// <summary>Whether a GUID is one of a disk manager's.</summary>
    public static bool IsManaged(Guid id) => id == LdmData || id == LdmMetadata || id == StorageSpaces || id == LinuxRaid;

    private static PartitionType[] MakeCodes()
    {
        var names = new Dictionary<byte, string>
        {
            [0x00] = "Empty",
            [0x01] = "FAT12",
            [0x04] = "FAT16 below 32 MB",
            [0x05] = "Extended",
            [0x06] = "FAT16",
            [0x07] = "NTFS or exFAT",
            [0x0B] = "FAT32",
            [0x0C] = "FAT32 (LBA)",
            [0x0E] = "FAT16 (LBA)",
            [0x0F] = "Extended (LBA)",
            [0x11] = "Hidden FAT12",
            [0x12] = "Vendor diagnostics",
            [0x14] = "Hidden FAT16 below 32 MB",
            [0x16] = "Hidden FAT16",
            [0x17] = "Hidden NTFS",
            [0x1B] = "Hidden FAT32",
            [0x1C] = "Hidden FAT32 (LBA)",
            [0x1E] = "Hidden FAT16 (LBA)",
            [0x27] = "Windows recovery",
            [0x39] = "Plan 9",
            [0x41] = "PowerPC PReP boot",
            [0x42] = "Windows LDM",
            [0x4D] = "QNX 4",
            [0x63] = "UnixWare or Hurd",
            [0x80] = "Old Minix",
            [0x81] = "Minix or old Linux",
            [0x82] = "Linux swap",
            [0x83] = "Linux",
            [0x84] = "Hibernation",
            [0x85] = "Linux extended",
            [0x86] = "NTFS volume set",
            [0x87] = "NTFS volume set",
            [0x8E] = "Linux LVM",
            [0x9F] = "BSD/OS",
            [0xA5] = "FreeBSD",
            [0xA6] = "OpenBSD",
            [0xA8] = "Apple UFS",
            [0xA9] = "NetBSD",
            [0xAB] = "Apple boot",
            [0xAF] = "Apple HFS or HFS+",
            [0xBE] = "Solaris boot",
            [0xBF] = "Solaris",
            [0xDA] = "Data without a file system",
            [0xDE] = "Dell utility",
            [0xEA] = "Linux extended boot",
            [0xEB] = "BeOS",
            [0xEE] = "GPT protective",
            [0xEF] = "EFI System",
            [0xFB] = "VMware VMFS",
            [0xFC] = "VMware swap",
            [0xFD] = "Linux RAID",
            [0xFE] = "LANstep",
        };
        return [.. Enumerable.Range(0, 256).Select(
            code => new PartitionType(names.GetValueOrDefault((byte)code, Unknown), (byte)code, null))];
    }
}
