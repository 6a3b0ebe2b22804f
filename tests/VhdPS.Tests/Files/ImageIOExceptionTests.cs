using VhdPS.Engine.Files;

namespace VhdPS.Tests.Files;

/// <summary>What a system's error says about an image, by the code that it comes with on any system.</summary>
public sealed class ImageIOExceptionTests
{
    /// <summary>Windows' codes as .NET gives them, and those of Linux and macOS.</summary>
    [Theory]
    [InlineData(unchecked((int)0x80070027), true)]
    [InlineData(unchecked((int)0x80070070), true)]
    [InlineData(unchecked((int)0x800700DF), true)]
    [InlineData(unchecked((int)0x80070299), true)]
    [InlineData(unchecked((int)0x8007050F), true)]
    [InlineData(28, true)]
    [InlineData(27, true)]
    [InlineData(122, true)]
    [InlineData(69, true)]
    [InlineData(unchecked((int)0x80070020), false)]
    [InlineData(unchecked((int)0x8007001C), false)]
    [InlineData(unchecked((int)0x8007045D), false)]
    [InlineData(5, false)]
    public void A_full_medium_is_known_by_its_code(int code, bool isFull)
    {
        var error = new ImageIOException("a.vhd", ImageIOOperation.Write, 512, new IOException("the system's text", code));
        Assert.Equal(isFull, error.IsDiskFull);
        Assert.Equal(code, error.HResult);
        string why = isFull ? "the disk is full or a size limit is reached" : "the system's text";
        Assert.Equal($"a.vhd: writing failed at offset 512: {why}", error.Message);
    }

    [Theory]
    [InlineData("Read-only file system : '/images/.vhdps-1.tmp'", "Read-only file system.")]
    [InlineData("Too many open files : '/it's : 'here''", "Too many open files.")]
    [InlineData("The device said 'no'", "The device said 'no'")]
    [InlineData(" : '/images'", " : '/images'")]
    public void The_path_that_the_system_was_given_is_not_told(string said, string told) =>
        Assert.Equal(
            $"a.vhd: opening failed: {told}", new ImageIOException("a.vhd", ImageIOOperation.Open, null, new IOException(said)).Message);
}
