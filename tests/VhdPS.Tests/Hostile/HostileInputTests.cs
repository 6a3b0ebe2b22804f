using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;
using Xunit.Abstractions;

namespace VhdPS.Tests.Hostile;

/// <summary>Hostile files by the hundred thousand, the same on every run; what one of them found is kept below by its seed.</summary>
public sealed class HostileInputTests(ITestOutputHelper output)
{
    private static readonly int Files = LongRun.Count(200_000, 10_000_000);

    [Fact]
    public void NoFileGetsMoreThanATypedError()
    {
        var failures = new List<string>();
        for (int seed = 0; seed < Files && failures.Count < 20; seed++)
        {
            try
            {
                HostileFile.Exercise(new Mutator(new Random(seed)).Next());
            }
            catch (Exception error)
            {
                failures.Add($"the file of seed {seed}: {error}");
            }
        }

        output.WriteLine($"{Files} files");
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    /// <summary>Files that once failed: a table in which only impossible places are named, and files that were cut off.</summary>
    [Theory]
    [InlineData(1183)]
    [InlineData(1980)]
    [InlineData(4324)]
    [InlineData(5804)]
    public void AFileThatOnceFailedGetsATypedErrorAtMost(int seed) => HostileFile.Exercise(new Mutator(new Random(seed)).Next());

    /// <summary>A path that the file does not have yet comes to lie in it when the file grows: new blocks must not begin in it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3000)]
    [InlineData(40_000)]
    [InlineData(-600)]
    public void NewBlocksDoNotBeginInALocatorBehindTheEnd(int distance)
    {
        const uint W2ku = 0x57326B75;
        ImageBytes image = ImageBytes.Dynamic().AddBlock(3, 1);
        byte[] bytes = image.PutLocator(0, W2ku, 512, 9000, (ulong)(image.Bytes.Length + distance)).Bytes;
        var file = new MemoryImageFile(bytes);
        using (VhdImage disk = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true }))
        {
            byte[] data = new byte[4096];
            data.AsSpan().Fill(7);
            for (int block = 4; block < 16; block++)
            {
                disk.WriteSectors(block * 8, data);
            }
        }

        CheckReport report = ImageChecker.Check(file, new CheckOptions { Full = true });
        Assert.True(report.IsValid, string.Join('\n', report.Findings.Select(finding => finding.Describe())));
    }

    /// <summary>
    /// Where a hostile child says its parent is, an image with the right id lies; outside the child's folder it is never opened.
    /// </summary>
    [Fact]
    public void NoFileIsOpenedThatTheChildMustNotName()
    {
        using var folder = new TempFolder();
        string inner = Directory.CreateDirectory(folder["inner"]).FullName;
        byte[] parent = ImageBytes.Dynamic().PutFooter(68, ImageBytes.ParentUniqueId.ToByteArray(bigEndian: true)).Bytes;
        string outside = folder.Write("secret.vhd", parent);
        string[] names =
        [
            "..\\secret.vhd", "../secret.vhd", ".\\..\\secret.vhd", outside, "\\\\?\\" + outside, "file://" + outside,
            "..\\inner\\..\\secret.vhd", "link\\secret.vhd",
        ];
        Directory.CreateSymbolicLink(Path.Combine(inner, "link"), folder.Root);
        uint[] codes = [0x57327275, 0x57326B75, 0x4D616358];
        foreach (string name in names)
        {
            foreach (uint code in codes)
            {
                byte[] text = code == 0x4D616358 ? System.Text.Encoding.UTF8.GetBytes(name) : System.Text.Encoding.Unicode.GetBytes(name);
                ImageBytes image = ImageBytes.Differencing(parentName: name);
                byte[] room = new byte[512];
                text.CopyTo(room, 0);
                int at = image.Insert(room);
                string child = Path.Combine(inner, "child.vhd");
                File.WriteAllBytes(child, image.PutLocator(0, code, 512, (uint)text.Length, (ulong)at).Bytes);

                // Whoever has the file open for writing keeps all others from opening it.
                using (LocalImageFile.OpenWrite(outside))
                {
                    CheckReport report = ImageChecker.Check(child, new CheckOptions { Parents = ParentPolicy.Default });
                    Assert.Contains(report.Findings, finding => finding.Code == Engine.Format.FaultCode.ParentNotFound);
                }
            }
        }
    }
}
