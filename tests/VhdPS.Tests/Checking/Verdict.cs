using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Checking;

/// <summary>What a fault is expected to be reported as, and what it must keep the engine from doing.</summary>
internal sealed record Verdict(FaultCode Code, VhdStructure Structure, long? FileOffset, Severity Severity, FaultEffect Effect)
{
    private FaultCode[] Also { get; init; } = [];

    /// <summary>The same verdict beside other faults that the same bytes are.</summary>
    public Verdict Beside(params FaultCode[] others) => this with { Also = others };

    /// <summary>Holds an image against the verdict: its findings, opening, reading, forcing and writing.</summary>
    /// <param name="image">The bytes.</param>
    /// <param name="content">The disk where it can be read, or where it can be read by force.</param>
    /// <returns>The finding, for more questions.</returns>
    public Finding Holds(ImageBytes image, byte[]? content = null) => Holds(image.Bytes, content);

    /// <inheritdoc cref="Holds(ImageBytes, byte[])"/>
    public Finding Holds(byte[] bytes, byte[]? content = null)
    {
        var layout = ImageLayout.Read(new MemoryImageFile(bytes));
        Finding finding = Assert.Single(layout.Findings, finding => finding.Code == Code);
        AssertIsThis(finding);
        Assert.Equal([.. Also.Append(Code).Order()], layout.Findings.Select(found => found.Code).Order());

        bool isOpen = Effect is FaultEffect.None or FaultEffect.ReadOnly or FaultEffect.BlockUnreadable;
        if (isOpen)
        {
            AssertContent(bytes, VhdOpenOptions.Default, content!);
        }
        else
        {
            AssertIsThis(AssertRefused(bytes, VhdOpenOptions.Default));
            if (Effect == FaultEffect.UnreadableUnlessForced)
            {
                AssertSalvaged(bytes, content!);
            }
            else
            {
                AssertRefused(bytes, new VhdOpenOptions { Force = true });
            }
        }

        if (Effect == FaultEffect.None && layout.FindBlockingFinding(forWriting: true) is null)
        {
            AssertWritable(bytes, content!);
        }
        else
        {
            AssertRefused(bytes, new VhdOpenOptions { ForWriting = true });
        }

        return finding;
    }

    /// <summary>Asserts that a full check of an image finds nothing but notes.</summary>
    public static CheckReport AssertClean(ImageFile file)
    {
        CheckReport report = ImageChecker.Check(file, new CheckOptions { Full = true });
        Assert.Empty(report.Findings.Where(finding => finding.Severity != Severity.Note).Select(finding => finding.Describe()));
        return report;
    }

    /// <inheritdoc cref="AssertClean(ImageFile)"/>
    public static CheckReport AssertClean(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        return AssertClean(file);
    }

    /// <summary>Asserts what the whole disk reads as, in one request and sector by sector.</summary>
    public static void AssertContent(byte[] bytes, VhdOpenOptions options, byte[] content)
    {
        using VhdImage image = VhdImage.Open(new MemoryImageFile(bytes), options);
        Assert.Equal((content.Length + 511) / 512, image.SectorCount);
        byte[] read = new byte[image.SectorCount * 512];
        read.AsSpan().Fill(0xEE);
        image.ReadSectors(0, read);
        AssertSame(content, read);
        read.AsSpan().Fill(0xEE);
        for (int sector = 0; sector < image.SectorCount; sector++)
        {
            image.ReadSectors(sector, read.AsSpan(sector * 512, 512));
        }

        AssertSame(content, read);
    }

    /// <summary>Asserts what can be read by force: what is lost reads as zeros.</summary>
    private static void AssertSalvaged(byte[] bytes, byte[] content)
    {
        var options = new VhdOpenOptions { Force = true };
        var layout = ImageLayout.Read(new MemoryImageFile(bytes), new LayoutOptions { Force = true, ReadsCutTable = true });
        if (layout.TableEntryCount == layout.BlockCount)
        {
            AssertContent(bytes, options, content);
        }

        using VhdImage image = VhdImage.Open(new MemoryImageFile(bytes), options);
        byte[] read = new byte[image.SectorCount * 512];
        read.AsSpan().Fill(0xEE);
        new SalvageReader(image, fill: 0).Read(0, read);
        AssertSame(content, read);
    }

    /// <summary>Asserts that opening refuses, changes nothing and closes the file.</summary>
    public static Finding AssertRefused(byte[] bytes, VhdOpenOptions options)
    {
        var file = new MemoryImageFile(bytes, "hurt.vhd");
        var error = Assert.Throws<VhdFormatException>(() => VhdImage.Open(file, options));
        Assert.True(file.IsDisposed);
        Assert.Equal(bytes, file.Reopen().ToArray());
        Assert.StartsWith("hurt.vhd: ", error.Message, StringComparison.Ordinal);
        Assert.Equal("hurt.vhd", error.Path);
        return error.Finding;
    }

    private static void AssertSame(byte[] content, byte[] read)
    {
        // Where the size is no whole number of sectors, zeros fill up the last.
        Assert.Equal(content, read[..content.Length]);
        Assert.False(read.AsSpan(content.Length).ContainsAnyExcept((byte)0));
    }

    private static void AssertWritable(byte[] bytes, byte[] content)
    {
        var file = new MemoryImageFile(bytes);
        byte[] expected = (byte[])content.Clone();
        using (VhdImage image = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }))
        {
            for (int sector = 0; sector < image.SectorCount; sector += 5)
            {
                expected.AsSpan(sector * 512, 512).Fill((byte)(sector + 1));
                image.WriteSectors(sector, expected.AsSpan(sector * 512, 512));
            }
        }

        AssertContent(file.Reopen().ToArray(), VhdOpenOptions.Default, expected);
    }

    private void AssertIsThis(Finding finding)
    {
        Assert.Equal(
            (Code, Structure, FileOffset, Severity, Effect),
            (finding.Code, finding.Structure, finding.FileOffset, finding.Severity, finding.Effect));
        Assert.EndsWith(".", finding.Message, StringComparison.Ordinal);
        Assert.NotEqual(string.Empty, finding.Actual);
    }
}
