using System.Globalization;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Partitions;

/// <summary>Tables of every kind, made by sfdisk, sgdisk, parted and fdisk.</summary>
internal static class TableCases
{
    private const long Mebi = 1024 * 1024;

    /// <summary>The cases by name: the size of the disk, and what makes the table.</summary>
    public static readonly IReadOnlyDictionary<string, (long Size, Action<string> Make)> All = Make();

    private static Dictionary<string, (long Size, Action<string> Make)> Make()
    {
        var cases = new Dictionary<string, (long Size, Action<string> Make)>();
        void Mbr(string name, params string[] lines) =>
            cases.Add("mbr " + name, (64 * Mebi, path => Script(path, ["label: dos", .. lines])));
        void Gpt(string name, params string[] lines) =>
            cases.Add("gpt " + name, (64 * Mebi, path => Script(path, ["label: gpt", .. lines])));
        void Edited(string name, params string[] arguments) =>
            cases.Add("sgdisk " + name, (64 * Mebi, path => PeerProcess.Run(PeerPrograms.Sgdisk, [.. arguments, path])));
        void Parted(string name, params string[] arguments) =>
            cases.Add("parted " + name, (64 * Mebi, path => PeerProcess.Run(PeerPrograms.Parted, ["-s", path, .. arguments])));

        Mbr("empty");
        Mbr("one", "start=2048, type=83");
        Mbr("active", "start=2048, size=20000, type=7, bootable");
        Mbr("second active", "start=2048, size=2048, type=27", "start=4096, size=20000, type=7, bootable");
        Mbr("four", "start=2048, size=2048, type=b", "start=4096, size=2048, type=c", "start=6144, size=2048, type=82",
            "start=8192, type=8e");
        Mbr("gap", "1: start=2048, size=2048, type=83", "4: start=8192, size=2048, type=83");
        Mbr("out of order", "1: start=40960, size=2048, type=83", "2: start=2048, size=2048, type=a5",
            "3: start=20480, size=2048, type=ef");
        Mbr("cylinders", "start=63, size=16002, type=6", "start=16065, size=16065, type=83");
        Mbr("id", "label-id: 0xDEADBEEF", "start=2048, type=83");
        Mbr("dynamic disk", "start=63, size=20000, type=42", "start=20063, type=42");
        Mbr("extended", "start=2048, size=2048, type=83", "start=8192, size=40000, type=5", "start=10240, size=2048, type=83",
            "start=14336, size=2048, type=7");
        Mbr("extended 0f", "start=2048, size=2048, type=7, bootable", "type=f", "size=8192, type=b", "size=8192, type=83", "type=82");
        Mbr("extended 85", "start=2048, type=85", "size=4096, type=83", "type=83");
        Mbr("empty extended", "start=2048, size=2048, type=83", "start=8192, type=5");
        Mbr("extended last", "1: start=2048, size=2048, type=83", "4: start=8192, type=5", "5: start=10240, size=2048, type=83");
        Mbr("extended in the middle", "1: start=2048, size=2048", "2: start=8192, size=20480, type=5", "3: start=40960",
            "5: start=10240, size=2048");
        Mbr("many logical", ["start=2048, type=5", .. Enumerable.Range(0, 20).Select(_ => "size=2048, type=83")]);
        cases.Add("mbr most logical", (256 * Mebi, path =>
            Script(path, ["label: dos", "start=2048, type=f", .. Enumerable.Range(0, 55).Select(_ => "size=1, type=83")])));
        cases.Add("mbr logical deleted", (64 * Mebi, path =>
        {
            Script(path, "label: dos", "start=2048, type=5", "size=2048, type=83", "size=2048, type=7", "size=2048, type=c",
                "size=2048, type=82");
            PeerProcess.Run(PeerPrograms.Sfdisk, "--delete", path, "6");
        }
        ));
        cases.Add("mbr first logical deleted", (64 * Mebi, path =>
        {
            Script(path, "label: dos", "start=2048, type=5", "size=2048, type=83", "size=2048, type=7");
            PeerProcess.Run(PeerPrograms.Sfdisk, "--delete", path, "5");
        }
        ));
        cases.Add("mbr 2 TiB", (2048L * 1024 * Mebi, path => Script(path, "label: dos", "start=2048, size=4294965247, type=7")));
        Parted("mbr", "mklabel", "msdos", "mkpart", "primary", "ntfs", "1MiB", "20MiB", "mkpart", "extended", "20MiB", "100%", "mkpart",
            "logical", "fat32", "21MiB", "40MiB", "set", "1", "boot", "on");
        cases.Add("mbr 4096", (64 * Mebi, path => Large(
            path, "o", "n", "p", "1", "256", "1000", "n", "e", "2", "2048", "", "n", "l", "2304", "4000", "n", "l", "8192", "", "w")));

        Gpt("empty");
        Gpt("one", "start=2048");
        Gpt("names", "size=2048, name=\"EFI System\"", "size=2048, name=\"Grüße 中文\"",
            "size=2048, name=\"a 'quoted' name of 36 units, not more\"");
        Gpt("attributes", "size=2048, attrs=\"RequiredPartition LegacyBIOSBootable\"",
            "size=2048, attrs=\"NoBlockIOProtocol GUID:48,62,63\"");
        Gpt("table of 64", "table-length: 64", "size=2048", "64: size=2048");
        Gpt("table of 4", "table-length: 4", "size=2048", "4: size=2048");
        Gpt("usable range", "first-lba: 4096", "last-lba: 100000", "start=8192, size=2048");
        Gpt("adjacent", "start=2048, size=1", "start=2049, size=1", "start=2050, size=1");
        Edited("empty", "-o");
        Edited("types", [.. new[] { "ef00", "0c01", "2700", "8200", "8e00", "fd00", "a501", "af00", "bf01", "4200", "8300", "0700" }
            .SelectMany((type, index) => new[] { "-n", $"{index + 1}:0:+1M", "-t", $"{index + 1}:{type}" })]);
        Edited("256 entries", "-S", "256", "-n", "1:4096:+1M", "-n", "200:0:+1M", "-c", "200:last");
        Edited("full", [.. Enumerable.Range(1, 128).SelectMany(number => new[] { "-a", "1", "-n", $"{number}:{2000 + (number * 8)}:+7" })]);
        Edited("table moved", "-j", "100", "-n", "1:2048:+1M");
        Edited("numbers of a cloud image", "-n", "14:2048:+4M", "-t", "14:ef02", "-n", "15:0:+10M", "-t", "15:ef00", "-n", "1:0:0");
        Edited("hybrid", "-n", "1:2048:+10M", "-n", "2:0:+10M", "-t", "2:0700", "-n", "3:0:0", "-h", "1:2");
        Edited("attribute bits", "-n", "1:2048:+1M", "-A", "1:set:2", "-A", "1:set:63", "-A", "1:set:0");
        Edited("out of order", "-n", "3:2048:+1M", "-n", "1:40960:+1M", "-n", "2:20480:+1M");
        Parted("gpt", "mklabel", "gpt", "mkpart", "first", "ext4", "1MiB", "20MiB", "mkpart", "ESP", "fat32", "20MiB", "40MiB", "set", "2",
            "esp", "on");
        cases.Add("gpt 4 TiB", (4L * 1024 * 1024 * Mebi, path => Script(
            path, "label: gpt", "start=2048, size=8388608", "start=6000000000, size=1000000000, name=far")));
        cases.Add("gpt odd length", ((64 * Mebi) + 700, path => Script(path, "label: gpt", "size=2048", "start=8192")));
        cases.Add("gpt grown", (64 * Mebi, path =>
        {
            Script(path, "label: gpt", "size=2048", "start=8192, name=grown");
            RawDisk.SetLength(path, 80 * Mebi);
        }
        ));
        cases.Add("gpt without backup", (64 * Mebi, path =>
        {
            Script(path, "label: gpt", "size=2048", "start=8192, size=2048");
            RawDisk.Write(path, (64 * Mebi) - 512, new byte[512]);
        }
        ));
        cases.Add("gpt backup only", (64 * Mebi, path =>
        {
            Script(path, "label: gpt", "size=2048", "start=8192, size=2048, name=kept");
            RawDisk.Write(path, 512, new byte[512]);
        }
        ));
        cases.Add("gpt entries hurt", (64 * Mebi, path =>
        {
            Script(path, "label: gpt", "size=2048", "start=8192, size=2048, name=kept");
            RawDisk.Write(path, 1024 + 33, [0x77]);
        }
        ));
        cases.Add("gpt 4096", (64 * Mebi, path => Large(path, "g", "n", "1", "256", "1000", "n", "7", "2048", "", "t", "1", "1", "w")));
        cases.Add("gpt 4096 table of 256", (64 * Mebi, path => Large(path, "g", "x", "l", "256", "r", "n", "200", "2048", "", "w")));
        return cases;
    }

    private static void Script(string path, params string[] lines) =>
        PeerProcess.RunWith(string.Join('\n', lines) + "\n", PeerPrograms.Sfdisk, "--no-reread", "--no-tell-kernel", "-q", path);

    private static void Large(string path, params string[] lines) =>
        PeerProcess.RunWith(string.Join('\n', lines) + "\n", PeerPrograms.Fdisk, "-b", 4096.ToString(CultureInfo.InvariantCulture), path);
}
